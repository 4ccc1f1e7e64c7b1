// A Bell pair with a typo: the first gate's line lacks its semicolon.
// Expected: an error with its line and column, and no counts.
OPENQASM 3.0;
include "stdgates.inc";

qubit[2] q;
bit[2] c;

h q[0]
cx q[0], q[1];

c = measure q;
