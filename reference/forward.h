/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_FORWARD_H
#define SC_REFERENCE_FORWARD_H

#include "spec/attention.h"

#include "reference/forward.acsl"

#include <stdint.h>

/* The forward pass O = sigma(tau Q K^T + b + m) V by its definition, for every mask kind, in binary64
 * (_f64) or binary32 (_f32) arithmetic. Over the reals the result is sc_output of spec/real.acsl:
 * proved. In floating point each element is within the bound of reference/judge/bound.h: checked by
 * `make verify` against the oracle.
 *   p        a problem that sc_problem_check accepts
 *   q, k, v  the tensors' buffers, decoded to fp32 (exact); every visible value is finite
 *   weights  scratch for p->n_k values
 *   o        the buffer of O, in the problem's strides, before rounding to format_out; what lies
 *            between its rows is kept
 * What a row does not see is not used: masked keys may hold anything. */
/*@ requires arrays: sc_forward_arrays(p, q, k, v, weights, o);
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], o[0 .. p->o.size - 1];
    ensures output: \forall integer b, h, i;
      0 <= b < p->batch ==> 0 <= h < p->heads_q ==> 0 <= i < sc_rows(p, b) ==>
      sc_row_done(p, q, k, v, o, b, h, i); */
void sc_forward_f64(const struct sc_problem *p, const float *q, const float *k, const float *v,
                    double *weights, double *o);

/*@ requires arrays: sc_forward_arrays(p, q, k, v, weights, o);
    terminates \true;
    exits \false;
    assigns weights[0 .. p->n_k - 1], o[0 .. p->o.size - 1];
    ensures output: \forall integer b, h, i;
      0 <= b < p->batch ==> 0 <= h < p->heads_q ==> 0 <= i < sc_rows(p, b) ==>
      sc_row_done(p, q, k, v, o, b, h, i); */
void sc_forward_f32(const struct sc_problem *p, const float *q, const float *k, const float *v,
                    double *weights, double *o);

#endif
