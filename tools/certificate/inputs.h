/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CERTIFICATE_INPUTS_H
#define SC_TOOLS_CERTIFICATE_INPUTS_H

#include "tools/certificate/stored.h"

#include <stdbool.h>

/* The files that a certificate names. */
struct sc_inputs {
    const struct sc_stored *stored;
    const char *certificate, *directory; /* as in sc_check_options */
    double *arrays[SC_STORED_ARRAYS];    /* NULL: the layer has none */
    double *tokens;                      /* of the sample that was read last */
};

/* Reads the arrays of the layer, or the tokens of a sample, and compares their shapes and hashes.
 *   inputs   all zero but for what the caller sets in the first lines, and then kept; sc_inputs_destroy frees it
 *   subject  its pointers are set
 *   matches  false: what is there is not what was certified; `error` then has a line that says how
 * SC_E_INPUT, SC_E_IO a file cannot be read. SC_E_MEMORY. */
enum sc_status sc_inputs_layer(struct sc_inputs *inputs, struct sc_subject *subject, bool *matches,
                               struct sc_error *error);
enum sc_status sc_inputs_sample(struct sc_inputs *inputs, int32_t sample,
                                struct sc_subject *subject, bool *matches, struct sc_error *error);
void sc_inputs_destroy(struct sc_inputs *inputs);

#endif
