"""The two standard files that a text may include.

`STANDARD_GATES` is the specification's stdgates.inc, but for CX: written with U, as there, it would
not be the alias of cx that the specification says it is, for U has a phase of its own.
`OLD_GATES` is what Qiskit's qelib1.inc has beyond it, in OpenQASM 3's words.
"""

from typing import Final

STANDARD_GATES: Final = """
gate p(λ) a { ctrl @ gphase(λ) a; }
gate x a { U(π, 0, π) a; gphase(-π/2); }
gate y a { U(π, π/2, π/2) a; gphase(-π/2); }
gate z a { p(π) a; }
gate h a { U(π/2, 0, π) a; gphase(-π/4); }
gate s a { pow(0.5) @ z a; }
gate sdg a { inv @ pow(0.5) @ z a; }
gate t a { pow(0.5) @ s a; }
gate tdg a { inv @ pow(0.5) @ s a; }
gate sx a { pow(0.5) @ x a; }
gate rx(θ) a { U(θ, -π/2, π/2) a; gphase(-θ/2); }
gate ry(θ) a { U(θ, 0, 0) a; gphase(-θ/2); }
gate rz(λ) a { gphase(-λ/2); U(0, 0, λ) a; }
gate cx a, b { ctrl @ x a, b; }
gate cy a, b { ctrl @ y a, b; }
gate cz a, b { ctrl @ z a, b; }
gate cp(λ) a, b { ctrl @ p(λ) a, b; }
gate crx(θ) a, b { ctrl @ rx(θ) a, b; }
gate cry(θ) a, b { ctrl @ ry(θ) a, b; }
gate crz(θ) a, b { ctrl @ rz(θ) a, b; }
gate ch a, b { ctrl @ h a, b; }
gate swap a, b { cx a, b; cx b, a; cx a, b; }
gate ccx a, b, c { ctrl @ ctrl @ x a, b, c; }
gate cswap a, b, c { ctrl @ swap a, b, c; }
gate cu(θ, φ, λ, g) a, b { p(g-θ/2) a; ctrl @ U(θ, φ, λ) a, b; }
gate CX a, b { cx a, b; }
gate phase(λ) q { U(0, 0, λ) q; }
gate cphase(λ) a, b { ctrl @ phase(λ) a, b; }
gate id a { U(0, 0, 0) a; }
gate u1(λ) q { U(0, 0, λ) q; }
gate u2(φ, λ) q { gphase(-(φ+λ+π/2)/2); U(π/2, φ, λ) q; }
gate u3(θ, φ, λ) q { gphase(-(φ+λ+θ)/2); U(θ, φ, λ) q; }
"""

OLD_GATES: Final = """
gate u0(g) q { U(0, 0, 0) q; }
gate u(θ, φ, λ) q { U(θ, φ, λ) q; }
gate sxdg a { inv @ sx a; }
gate cu1(λ) a, b { ctrl @ p(λ) a, b; }
gate cu3(θ, φ, λ) c, t {
  u1((λ+φ)/2) c;
  u1((λ-φ)/2) t;
  CX c, t;
  U(-θ/2, 0, -(φ+λ)/2) t;
  CX c, t;
  U(θ/2, φ, 0) t;
}
gate csx a, b { ctrl @ sx a, b; }
gate rxx(θ) a, b { h a; h b; CX a, b; rz(θ) b; CX a, b; h b; h a; }
gate rzz(θ) a, b { CX a, b; rz(θ) b; CX a, b; }
gate rccx a, b, c { h c; t c; CX b, c; tdg c; CX a, c; t c; CX b, c; tdg c; h c; }
gate rc3x a, b, c, d {
  h d; t d; CX c, d; tdg d; h d; CX a, d; t d; CX b, d; tdg d; CX a, d; t d; CX b, d; tdg d;
  h d; t d; CX c, d; tdg d; h d;
}
gate c3x a, b, c, d { ctrl(3) @ x a, b, c, d; }
gate c3sqrtx a, b, c, d { ctrl(3) @ sx a, b, c, d; }
gate c4x a, b, c, d, e { ctrl(4) @ x a, b, c, d, e; }
"""
