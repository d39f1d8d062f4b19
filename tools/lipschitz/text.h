/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_LIPSCHITZ_TEXT_H
#define SC_TOOLS_LIPSCHITZ_TEXT_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

#define SC_LIPSCHITZ_FILES 64 /* of --x */

/* The commands that measure a layer at samples; a set of them is a sum. */
enum sc_lipschitz_command { SC_LIPSCHITZ_OF_LIPSCHITZ = 1, SC_LIPSCHITZ_OF_NORMS = 2 };

/* Their options; those before SC_LIPSCHITZ_TEXTS have one value. */
enum sc_lipschitz_key {
    SC_LIPSCHITZ_WQ,
    SC_LIPSCHITZ_WK,
    SC_LIPSCHITZ_WV,
    SC_LIPSCHITZ_WO,
    SC_LIPSCHITZ_BQ,
    SC_LIPSCHITZ_BK,
    SC_LIPSCHITZ_BV,
    SC_LIPSCHITZ_GAIN_Q,
    SC_LIPSCHITZ_GAIN_K,
    SC_LIPSCHITZ_HEADS,
    SC_LIPSCHITZ_SCALE,
    SC_LIPSCHITZ_BIAS,
    SC_LIPSCHITZ_BIAS_HEAD,
    SC_LIPSCHITZ_ALIBI,
    SC_LIPSCHITZ_WINDOW,
    SC_LIPSCHITZ_QK_NORM,
    SC_LIPSCHITZ_EPSILON,
    SC_LIPSCHITZ_ROPE,
    SC_LIPSCHITZ_KIND,
    SC_LIPSCHITZ_EXACT_MAX,
    SC_LIPSCHITZ_MEMORY,
    SC_LIPSCHITZ_STEPS,
    SC_LIPSCHITZ_RADIUS,
    SC_LIPSCHITZ_THREADS,
    SC_LIPSCHITZ_PLOT,
    SC_LIPSCHITZ_RANDOM,
    SC_LIPSCHITZ_COMMON,
    SC_LIPSCHITZ_SAMPLES,
    SC_LIPSCHITZ_SEED,
    SC_LIPSCHITZ_SWEEP_BIAS,
    SC_LIPSCHITZ_SWEEP_N,
    SC_LIPSCHITZ_POSITION,
    SC_LIPSCHITZ_LAYER_SCALE,
    SC_LIPSCHITZ_HYBRID_NORM,
    SC_LIPSCHITZ_HYBRID_EPSILON,
    SC_LIPSCHITZ_BOUNDS_MAX,
    SC_LIPSCHITZ_CERTIFICATE,
    SC_LIPSCHITZ_CHECK,
    SC_LIPSCHITZ_INPUTS_FROM,
    SC_LIPSCHITZ_TEXTS,
    SC_LIPSCHITZ_X,
    SC_LIPSCHITZ_CAUSAL,
    SC_LIPSCHITZ_JSON,
    SC_LIPSCHITZ_HELP
};

/* The command line before any of it is read. */
struct sc_lipschitz_text {
    const char *of[SC_LIPSCHITZ_TEXTS];
    const char *x[SC_LIPSCHITZ_FILES];
    int32_t files;
    bool causal, json, help;
};

extern const char sc_lipschitz_help[];

/* Tells the options of a command line apart; nothing of their values is read.
 *   command  whose options they are; argv[0] is its name
 *   text     all zero at first; points into argv
 * SC_E_INPUT an unknown option, one without its value or given twice or in the wrong company, or a word that is none. */
enum sc_status sc_lipschitz_split(int argc, char **argv, enum sc_lipschitz_command command,
                                  struct sc_lipschitz_text *text, struct sc_error *error);

#endif
