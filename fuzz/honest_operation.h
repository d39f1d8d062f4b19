/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_HONEST_OPERATION_H
#define SC_FUZZ_HONEST_OPERATION_H

#include "fuzz/honest.h"

/* The fp32 operations of an honest kernel: rounded once, flushed where it flushes. */
struct sc_honest_machine {
    const struct sc_honest *honest;
    struct sc_random random; /* of the element at hand */
};

/* A machine for an element: its stream is a function of the seed and the place alone. */
struct sc_honest_machine sc_honest_machine_of(const struct sc_honest *honest, uint64_t place);

float sc_honest_add(struct sc_honest_machine *m, float x, float y);
float sc_honest_multiply(struct sc_honest_machine *m, float x, float y);
float sc_honest_divide(struct sc_honest_machine *m, float x, float y);
float sc_honest_fma(struct sc_honest_machine *m, float x, float y, float z);

/* Rounded to a format, as a float; fp32: as it is. */
float sc_honest_convert(struct sc_honest_machine *m, enum sc_format format, float x);

/* The activation: a function of the score alone, but for what is flushed. */
float sc_honest_sigmoid(struct sc_honest_machine *m, float s);

#endif
