/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_OUTCOME_H
#define SC_FUZZ_OUTCOME_H

#include "fuzz/prepared.h"

#include <stdbool.h>
#include <stdint.h>

/* How a call of a kernel under test ended. */
enum sc_ending {
    SC_ENDING_DONE,
    SC_ENDING_REFUSED, /* a case that it does not do */
    SC_ENDING_FAILED,  /* it reported an error */
    SC_ENDING_FAULT,   /* its machine saw a race, an access out of bounds, ... */
    SC_ENDING_CRASHED, /* its process is dead: a signal, or an exit */
    SC_ENDING_HUNG,    /* no answer in time; its process was killed */
    SC_ENDING_GARBLED  /* an answer that is not of the protocol; its process was killed */
};

/* What the memory says after a call. Positions are the first of their kind, in words. */
struct sc_damage {
    int64_t unwritten;   /* output elements that still hold the poison */
    int64_t overwritten; /* bytes between, before and behind the elements of an output */
    int64_t inputs;      /* bytes of an input or of an array, its gaps and surroundings included */
    char where[160];     /* "dQ[b 0][h 1][row 3][channel 0] is unwritten" */
};

struct sc_outcome {
    enum sc_ending ending;
    char text[512]; /* why it is not DONE */
    struct sc_damage damage;
    /* After DONE: the bits of every element of the outputs, without gaps (fuzz/prepared.h); NULL for an input, and for
     * a gradient that was not wanted. */
    uint32_t *bits[SC_TENSORS];
    float *d_b; /* [batch][heads_q]; NULL: not wanted */
    double seconds;
    int64_t resident_bytes; /* of the worker's process after the call; 0: not known */
};

void sc_outcome_destroy(struct sc_outcome *outcome);

#endif
