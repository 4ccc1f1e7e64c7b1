// The quantum Fourier transform of a periodic state, on four qubits.
//
// The input is the superposition of all even numbers, a comb of period 2 on the 16 basis states.
// Its transform is a comb of 16 / 2 = 8 lines apart.
// Expected: about half 0000, half 1000.
OPENQASM 3.0;
include "stdgates.inc";

qubit[4] q;
bit[4] c;

// (|0> + |2> + ... + |14>) / sqrt(8): every qubit but the lowest in superposition.
h q[1];
h q[2];
h q[3];

// The transform, highest qubit first; the angles halve with the distance.
h q[3];
cp(pi / 2) q[2], q[3];
cp(pi / 4) q[1], q[3];
cp(pi / 8) q[0], q[3];

h q[2];
cp(pi / 2) q[1], q[2];
cp(pi / 4) q[0], q[2];

h q[1];
cp(pi / 2) q[0], q[1];

h q[0];

// The transform leaves its result in reverse order.
swap q[0], q[3];
swap q[1], q[2];

c = measure q;
