/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/forward.h"

#include "reference/sigmoid.h"

/* One text for both arithmetics, so that there is one proof to read: REAL is the type of every
 * rounded operation. */
#define REAL    double
#define SIGMOID sc_sigmoid_f64
#define DOT     dot_f64
#define SCORE   score_f64
#define WEIGHTS weights_f64
#define STEP    step_f64
#define SUM     sum_f64
#define ROW     row_f64
#define HEAD    head_f64
#define FORWARD sc_forward_f64
#include "reference/forward_body.h"
#undef REAL
#undef SIGMOID
#undef DOT
#undef SCORE
#undef WEIGHTS
#undef STEP
#undef SUM
#undef ROW
#undef HEAD
#undef FORWARD

#define REAL    float
#define SIGMOID sc_sigmoid_f32
#define DOT     dot_f32
#define SCORE   score_f32
#define WEIGHTS weights_f32
#define STEP    step_f32
#define SUM     sum_f32
#define ROW     row_f32
#define HEAD    head_f32
#define FORWARD sc_forward_f32
#include "reference/forward_body.h"
