/* Amplitudes in double precision. */
#define REAL double
#define REAL_BYTES 8
#define REAL_AS_INTEGER int64_t
#define NAME(name) name##_double

#include "amplitudes.inc"
