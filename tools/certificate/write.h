/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CERTIFICATE_WRITE_H
#define SC_TOOLS_CERTIFICATE_WRITE_H

#include "tools/lipschitz/input.h"
#include "tools/lipschitz/report.h"

#include <jansson.h>

/* The certificate of a run of `lipschitz` as tools/certificate/stored.h describes it. */

/* One without samples; NULL: no memory. The caller releases it. */
json_t *sc_write_begin(const struct sc_lipschitz_input *input);

/* Adds what was measured of a sample. SC_E_MEMORY. */
enum sc_status sc_write_sample(json_t *certificate, struct sc_lipschitz_input *input,
                               int32_t sample, const struct sc_lipschitz_pair *pair,
                               struct sc_error *error);

/* Writes it: the whole file, or no change to it. SC_E_INPUT it is larger than a reader accepts, or as sc_save. SC_E_MEMORY,
 * SC_E_IO. */
enum sc_status sc_write_save(const json_t *certificate, const char *path, struct sc_error *error);

#endif
