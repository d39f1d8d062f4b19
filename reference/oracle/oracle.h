/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ORACLE_H
#define SC_REFERENCE_ORACLE_ORACLE_H

#include "reference/oracle/tier.h"

#include <stdbool.h>
#include <stdint.h>

/* Rigorous enclosures of the results of a problem, by whatever tier can give them: all elements by the
 * fast one, single elements again by ball arithmetic of rising precision when a question is still open.
 * Why they enclose, and what is trusted: reference/oracle/README.md. */

enum sc_oracle_choice {
    SC_ORACLE_AUTO, /* fp64 first, audited, and ball arithmetic where an element is refined */
    SC_ORACLE_FP64, /* one tier alone from here on */
    SC_ORACLE_ARB,
    SC_ORACLE_INTEGER,
    SC_ORACLE_SCHEDULE,
    SC_ORACLE_CHOICES /* their number */
};

/* What the exact result of one element is. */
enum sc_oracle_class {
    SC_ORACLE_FINITE,   /* a real number in [lo, hi], both finite */
    SC_ORACLE_EMPTY,    /* nothing is seen: exactly +0, and lo = hi = +0 */
    SC_ORACLE_UNDEFINED /* a visible input is NaN or infinite: lo = -Inf, hi = +Inf */
};

enum sc_oracle_output {
    SC_ORACLE_P,   /* index i, channel j */
    SC_ORACLE_O,   /* index i */
    SC_ORACLE_D_Q, /* index i */
    SC_ORACLE_D_K, /* index j */
    SC_ORACLE_D_V, /* index j */
    SC_ORACLE_D_B  /* index and channel 0 */
};

/* One element: sequence, query head (of dK and dV: key head), row or key, channel. */
struct sc_oracle_element {
    enum sc_oracle_output output;
    int32_t b, head, index, channel;
};

/* Where an enclosure comes from. */
struct sc_oracle_source {
    const char *tier;  /* its name */
    int32_t precision; /* bits; 53 for fp64, 0 where it does not apply */
};

struct sc_oracle_options {
    enum sc_oracle_choice choice;
    int32_t precision; /* bits of ball arithmetic, SC_ORACLE_PRECISION_MIN to _MAX; of the first
                          refinement where the choice is automatic */
    int32_t threads;   /* >= 1 */
    const struct sc_schedule *schedule; /* for SC_ORACLE_SCHEDULE; borrowed and kept */
};

#define SC_ORACLE_PRECISION_MIN     53
#define SC_ORACLE_PRECISION_MAX     4096
#define SC_ORACLE_PRECISION_DEFAULT 128

struct sc_oracle;

/* Makes an oracle.
 *   problem  one that sc_problem_check accepts; borrowed and kept
 *   values   decoded to fp32, in the problem's strides; NaN and infinity are allowed; d_o may be NULL,
 *            and then no gradient may be asked for. Copied as a struct; the tensors are borrowed, and
 *            their contents must not change
 *   created  receives the oracle; sc_oracle_destroy frees it
 * SC_E_INPUT a precision, a number of threads or a schedule that cannot be. SC_E_MEMORY. Then *created
 * is unchanged. OpenBLAS is set to one thread for the whole process: the oracle has its own. */
enum sc_status sc_oracle_create(const struct sc_problem *problem,
                                const struct sc_oracle_values *values,
                                const struct sc_oracle_options *options, struct sc_oracle **created,
                                struct sc_error *error);

/* Frees an oracle; NULL is allowed. */
void sc_oracle_destroy(struct sc_oracle *oracle);

/* Encloses rows of (sequence b, query head h), or keys of (sequence b, key head g). What is not visible
 * never matters: masked keys, other rows and the gaps of a layout may hold anything.
 *   list    `count` rows or keys within the sequence, in any order
 *   wanted  where the results go (reference/oracle/tier.h); one that has no exact value is [-Inf, +Inf]
 *   empty   receives, for each of the list, whether nothing is seen; NULL: not wanted
 * When the choice is automatic, about one entry in a thousand, and the first of all, is enclosed by ball
 * arithmetic too: SC_E_UNAVAILABLE if the two do not meet. SC_E_INPUT a row or key that is not there, or a
 * gradient without d_o. SC_E_UNAVAILABLE another rounding mode or flush-to-zero is set. SC_E_MEMORY. Then
 * the results are unspecified. */
enum sc_status sc_oracle_rows(struct sc_oracle *oracle, int32_t b, int32_t h, const int32_t *list,
                              int32_t count, const struct sc_row_enclosures *wanted, bool *empty,
                              struct sc_error *error);
enum sc_status sc_oracle_keys(struct sc_oracle *oracle, int32_t b, int32_t g, const int32_t *list,
                              int32_t count, const struct sc_key_enclosures *wanted, bool *empty,
                              struct sc_error *error);

/* Encloses db of (sequence b, query head h). Statuses as above. */
enum sc_status sc_oracle_bias(struct sc_oracle *oracle, int32_t b, int32_t h,
                              struct sc_enclosure *d_b, bool *empty, struct sc_error *error);

/* The class of an element from its enclosure. */
enum sc_oracle_class sc_oracle_classify(struct sc_enclosure exact, bool empty);

/* Where sc_oracle_rows, _keys and _bias have their enclosures from. */
struct sc_oracle_source sc_oracle_first_source(const struct sc_oracle *oracle);

/* Whether the question that a caller has is answered for every value of the enclosure. */
typedef bool sc_oracle_decided(const void *question, struct sc_enclosure exact);

/* Narrows the enclosure of an element until a question is decided: by ball arithmetic of 128 (or as the
 * options say), 256, 512, ... bits, exact in its dot products from 256 bits on. The row or key that was
 * refined last is kept, so that its other channels cost nothing.
 *   exact     in: the enclosure so far; out: the narrowest that was computed
 *   source    in: where it came from; out: where the last one did
 *   decided   receives whether the question is decided; it is not at the end of all levels only, or
 *             where the choice is one tier alone
 * Statuses as above. */
enum sc_status sc_oracle_decide(struct sc_oracle *oracle, const struct sc_oracle_element *element,
                                sc_oracle_decided *question, const void *context,
                                struct sc_enclosure *exact, struct sc_oracle_source *source,
                                bool *decided, struct sc_error *error);

/* Channels of a row or key of sequence b in an output; 1 for db. */
int32_t sc_oracle_channels(const struct sc_problem *p, enum sc_oracle_output output, int32_t b);

/* The tier of a choice that is one tier alone. */
const struct sc_oracle_tier *sc_oracle_tier_of(enum sc_oracle_choice choice);

/* Entries that were audited so far. */
int64_t sc_oracle_audited(const struct sc_oracle *oracle);

#endif
