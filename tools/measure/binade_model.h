/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_BINADE_MODEL_H
#define SC_TOOLS_MEASURE_BINADE_MODEL_H

#include "tools/measure/binade_table.h"

/* The activation that the kernels of this build have: fast with SC_FAST, else accurate. */
enum sc_binade_function sc_binade_compiled(void);

/* The error of an activation as measured: rows of |s| below 1, 2, 4, ..., 128 and beyond, each the largest relative error
 * of its binades of both signs, and the largest absolute error where sigma(s) < 2^-126; each with what the measurement may
 * be off (SC_BINADE_SLACK), rounded up: at no finite fp32 score is the error larger.
 *   function  accurate or fast
 * SC_E_INPUT: not all arguments were looked at, one gave NaN, or a binade has no error or one beyond
 * 2^127. */
enum sc_status sc_binade_model(const struct sc_binade_table *table,
                               enum sc_binade_function function, struct sc_activation_error *model,
                               struct sc_error *error);

#define SC_BINADE_MODEL_BYTES 1024
/* The same as a word of reference/judge/arithmetic_text.h: activation=table:... It is read as exactly the model. */
void sc_binade_model_print(const struct sc_activation_error *model,
                           char text[SC_BINADE_MODEL_BYTES]);

/* The model of the activation of this build from a file, whose errors MPFR confirms. Statuses of sc_binade_table_read,
 * sc_binade_table_confirm and sc_binade_model. */
enum sc_status sc_binade_model_read(const char *path, struct sc_activation_error *model,
                                    struct sc_error *error);

/* What the project states of a function, for `beyond`: the activations' tables (reference/judge/activation.h), and
 * kernels/primitives/special.h. */
const struct sc_activation_error *sc_binade_stated(enum sc_binade_function function);

#endif
