// Teleportation: Alice's state moves to Bob, by a shared Bell pair and two classical bits.
//
// Alice's qubit is prepared with P(1) = sin^2(pi / 6) = 1/4; Bob's is measured in the end.
// Expected: `bob` (the leftmost bit) is 1 in a quarter of the shots, whatever `alice` says.
OPENQASM 3.0;
include "stdgates.inc";

qubit message;     // the state to be moved
qubit[2] pair;     // the shared pair: pair[0] is Alice's, pair[1] is Bob's
bit[2] alice;      // what Alice tells Bob
bit[1] bob;        // what Bob measures

ry(pi / 3) message;

h pair[0];
cx pair[0], pair[1];

// Alice measures her two qubits in the Bell basis, in the middle of the circuit.
cx message, pair[0];
h message;
alice[0] = measure message;
alice[1] = measure pair[0];

// Bob corrects his half by what she tells him.
if (alice[1]) { x pair[1]; }
if (alice[0]) { z pair[1]; }

bob[0] = measure pair[1];
