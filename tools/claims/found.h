/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_FOUND_H
#define SC_TOOLS_CLAIMS_FOUND_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a check of one of the paper's claims found, and the verdict that follows from it. */

enum sc_found_verdict {
    SC_FOUND_PROVED,
    SC_FOUND_TRIED,   /* holds on what was tried */
    SC_FOUND_LIMITED, /* holds with a stated limit */
    SC_FOUND_FALSE,   /* false as stated */
    SC_FOUND_UNCHECKED
};

/* What a finding is to the claim. Each is worded so that it is expected to come out true. */
enum sc_found_part {
    SC_FOUND_THEOREM, /* a theorem of proofs/coq that is the claim */
    SC_FOUND_LEMMA,   /* a theorem that a part of the claim rests on */
    SC_FOUND_STATED,  /* a case of what the claim says */
    SC_FOUND_LIMIT,   /* a case within its words where it stops holding */
    SC_FOUND_COUNTER, /* a counterexample to it as stated */
    SC_FOUND_BEYOND   /* a case it does not speak of, where the same would be false */
};

/* How far a finding can be relied on. */
enum sc_found_basis {
    SC_FOUND_COQ,       /* checked by Coq in this build of the proofs */
    SC_FOUND_NOT_RERUN, /* proved in proofs/coq, not checked again in this build */
    SC_FOUND_EXACT,     /* integers, or bits */
    SC_FOUND_CERTIFIED, /* enclosures whose rounding errors are bounded */
    SC_FOUND_COMPUTED,  /* floating point without such a bound */
    SC_FOUND_QUOTED     /* measured elsewhere, not here */
};

enum sc_found_outcome { SC_FOUND_YES, SC_FOUND_NO, SC_FOUND_OPEN /* neither was shown */ };

#define SC_FOUND_NAME_BYTES 40
#define SC_FOUND_TEXT_BYTES 240

struct sc_found {
    char name[SC_FOUND_NAME_BYTES]; /* letters, digits, '-', '_' and '.' */
    enum sc_found_part part;
    enum sc_found_basis basis;
    enum sc_found_outcome outcome;
    double value; /* the figure that decides; NaN: there is none */
    char text[SC_FOUND_TEXT_BYTES];
};

struct sc_found_list {
    struct sc_found *findings;
    int32_t count, room;
    bool lost; /* memory ran out: findings are missing */
};

/* Numbers known to lie in [low, high]. */
struct sc_found_range {
    double low, high;
};

/* Adds a finding.
 *   text  a format: what was found, with its figures */
void sc_found_add(struct sc_found_list *result, const char *name, enum sc_found_part part,
                  enum sc_found_basis basis, enum sc_found_outcome outcome, double value,
                  const char *text, ...) __attribute__((format(printf, 7, 8)));

/* Frees what a result holds. */
void sc_found_destroy(struct sc_found_list *result);

/* Whether x <= y for all, or for no, x and y of two ranges. A NaN leaves it open. */
enum sc_found_outcome sc_found_at_most(struct sc_found_range x, struct sc_found_range y);

/* YES for true, NO for false. */
enum sc_found_outcome sc_found_whether(bool yes);

/* The worse of two outcomes: NO, then OPEN, then YES. */
enum sc_found_outcome sc_found_both(enum sc_found_outcome one, enum sc_found_outcome two);

/* The verdict, by the first line that applies. A finding is firm unless it is computed or quoted.
 *
 *   nothing stated was looked at, or findings are missing         not checkable here
 *   a stated part or theorem is firmly false, or a firm counterexample is true
 *                                                                 false as stated
 *   a stated part, lemma or theorem is open or false              not checkable here
 *   a limit is true                                               holds with a stated limit
 *   a theorem is true                                             proved
 *   else                                                          holds on what was tried */
enum sc_found_verdict sc_found_judge(const struct sc_found_list *result);

/* Findings that did not come out true. */
int32_t sc_found_surprises(const struct sc_found_list *result);

/* "holds on what was tried", "certified" and so on. */
const char *sc_found_verdict_word(enum sc_found_verdict verdict);
const char *sc_found_basis_word(enum sc_found_basis basis);
const char *sc_found_part_word(enum sc_found_part part);

#endif
