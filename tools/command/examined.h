/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_COMMAND_EXAMINED_H
#define SC_TOOLS_COMMAND_EXAMINED_H

#include "reference/judge/profile.h"
#include "tools/file/tensor.h"

#include <stdint.h>

/* What `sigmacert error` found about an output, and how it is shown. */

#define SC_EXAMINED_MAX         5 /* O, dQ, dK, dV, db */
#define SC_EXAMINED_SOURCES_MAX 9

/* Elements that one tier decided. */
struct sc_examined_share {
    struct sc_oracle_source source;
    int64_t count;
};

struct sc_examined {
    const char *name;
    enum sc_oracle_output output;
    const struct sc_problem *problem;
    const struct sc_tensor *tensor;
    struct sc_profile profile;
    struct sc_examined_share shares[SC_EXAMINED_SOURCES_MAX];
    int64_t entries; /* rows, keys, or heads */
    int64_t coarse;  /* elements that the tier which was asked for cannot measure well enough */
};

/* Prints to standard output: for a person, or as one JSON object. SC_E_MEMORY. */
enum sc_status sc_examined_text(const struct sc_examined *outputs, int32_t count,
                                struct sc_error *error);
enum sc_status sc_examined_json(const struct sc_examined *outputs, int32_t count,
                                struct sc_error *error);

#endif
