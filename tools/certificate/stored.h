/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CERTIFICATE_STORED_H
#define SC_TOOLS_CERTIFICATE_STORED_H

#include "reference/certificate/sha256.h"
#include "reference/certificate/subject.h"

#include <jansson.h>
#include <stdbool.h>

/* A certificate of `lipschitz` as a file holds it: JSON whose numbers are exact, "0x1.8p+1" as C's %a prints a double.
 *
 *   format    "sigmacert lipschitz certificate", version 1
 *   layer     width, heads, d, d_v, out, left, right: integers as in subject.h; norm: "none", "rms" or "layer"; scale,
 *             epsilon, rotation; slopes: a list of one for each head, or null
 *   inputs    of "w_q", "w_k", "w_v" and, where the layer has them, "w_o", "beta_q", "beta_k", "beta_v", "gain_q", "gain_k":
 *             file, the name as it was given; sha256 of its elements as little-endian doubles, in the order of C
 *   samples   file; index in its batch axis, -1 without one; tokens; sha256 of them likewise; bias: a list, b of each head;
 *             and "sigmoid", "softmax" or both:
 *     lower   ||J||_2 is at least this: the direction in `vector` is amplified by it. base64 of [tokens][width] little-endian doubles
 *     upper   null, or: value, ||J||_2 is at most this; shift <= value^2, of which shift I - J J^T (side "outputs") or
 *             shift I - J^T J (side "inputs"), the smaller of the two, is claimed to be positive semidefinite
 *
 * Nothing else may be in it. */

#define SC_STORED_FORMAT    "sigmacert lipschitz certificate"
#define SC_STORED_VERSION   1
#define SC_STORED_BYTES_MAX (1 << 28)
#define SC_STORED_SAMPLES   65536 /* at most */

enum sc_stored_array {
    SC_STORED_W_Q,
    SC_STORED_W_K,
    SC_STORED_W_V,
    SC_STORED_W_O,
    SC_STORED_BETA_Q,
    SC_STORED_BETA_K,
    SC_STORED_BETA_V,
    SC_STORED_GAIN_Q,
    SC_STORED_GAIN_K,
    SC_STORED_ARRAYS
};
extern const char *const sc_stored_names[SC_STORED_ARRAYS];

/* What is said of a file: texts of the JSON. */
struct sc_stored_file {
    const char *file; /* NULL: the layer has no such array */
    const char *sha256;
};

struct sc_stored_claim {
    double low;
    const char *vector; /* base64 of as many doubles as the tokens have */
    bool bounded;       /* whether there is an upper claim: */
    double high, shift;
};

struct sc_stored_sample {
    struct sc_stored_file tokens;
    int32_t index, count;                    /* of tokens */
    const double *bias;                      /* [heads] */
    const struct sc_stored_claim *claims[2]; /* sigmoid and softmax; NULL: none */
};

struct sc_stored {
    json_t *root;
    struct sc_subject layer; /* without tokens and arrays, with slopes */
    struct sc_stored_file arrays[SC_STORED_ARRAYS];
    double *numbers; /* of the slopes and biases */
    struct sc_stored_claim *claims;
    struct sc_stored_sample *samples;
    int32_t samples_count;
};

/* Reads a certificate: whatever the bytes are, sizes are checked before anything is allocated by them.
 *   stored  receives it; sc_stored_destroy frees it, after a failure too
 * SC_E_INPUT it is not one: one line says why. SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_stored_load(const char *path, struct sc_stored *stored, struct sc_error *error);

/* The same of bytes in memory; `where` begins messages. */
enum sc_status sc_stored_read(const char *where, const char *text, size_t size,
                              struct sc_stored *stored, struct sc_error *error);
void sc_stored_destroy(struct sc_stored *stored);

#endif
