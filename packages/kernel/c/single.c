/* Amplitudes in single precision. */
#define REAL float
#define REAL_BYTES 4
#define REAL_AS_INTEGER int32_t
#define NAME(name) name##_single

#include "amplitudes.inc"
