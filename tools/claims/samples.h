/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_SAMPLES_H
#define SC_TOOLS_CLAIMS_SAMPLES_H

#include "tools/claims/claims.h"
#include "tools/lipschitz/input.h"

/* The sample layers of tests/samples/minilm: real inputs and weights, trained for softmax. */

/* Reads the layer `layer` ("layer0" or "layer5") at the tokens of a sample ("short", "medium" or "long").
 *   input  one sample; sc_lipschitz_input_destroy, after a failure too
 * Statuses of sc_lipschitz_input_read. */
enum sc_status sc_samples_read(const struct sc_claims_context *context, const char *layer,
                               const char *sample, struct sc_lipschitz_input *input,
                               struct sc_error *error);

/* Adds to claim 3: at sample inputs, the norm of sigmoid is certified above that of softmax. */
enum sc_status sc_samples_compare(const struct sc_claims_context *context,
                                  struct sc_found_list *result, struct sc_error *error);

/* Adds to claim 2: at each sample the norm is within the theorem's affine form. */
enum sc_status sc_samples_bound(const struct sc_claims_context *context,
                                struct sc_found_list *result, struct sc_error *error);

#endif
