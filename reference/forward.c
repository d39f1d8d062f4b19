/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/forward.h"

#include "reference/score.h"

/* One text for both arithmetics, so that there is one proof to read: REAL is the type of every
 * rounded operation. */
#define REAL    double
#define WEIGHT  sc_score_weight_f64
#define WEIGHTS weights_f64
#define STEP    step_f64
#define SUM     sum_f64
#define ROW     row_f64
#define HEAD    head_f64
#define FORWARD sc_forward_f64
#include "reference/forward_body.h"
#undef REAL
#undef WEIGHT
#undef WEIGHTS
#undef STEP
#undef SUM
#undef ROW
#undef HEAD
#undef FORWARD

#define REAL    float
#define WEIGHT  sc_score_weight_f32
#define WEIGHTS weights_f32
#define STEP    step_f32
#define SUM     sum_f32
#define ROW     row_f32
#define HEAD    head_f32
#define FORWARD sc_forward_f32
#include "reference/forward_body.h"
