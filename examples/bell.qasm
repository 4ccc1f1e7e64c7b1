// A Bell pair: two qubits that always agree, and are each perfectly random.
// Expected: about half 00, half 11, never 01 or 10.
OPENQASM 3.0;
include "stdgates.inc";

qubit[2] q;
bit[2] c;

h q[0];          // (|0> + |1>) / sqrt(2)
cx q[0], q[1];   // (|00> + |11>) / sqrt(2)

c = measure q;
