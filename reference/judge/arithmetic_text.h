/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_ARITHMETIC_TEXT_H
#define SC_REFERENCE_JUDGE_ARITHMETIC_TEXT_H

#include "reference/status.h"
#include "spec/arithmetic.h"
#include "spec/attention.h"

#include <stdbool.h>

/* A declared arithmetic as a line of text: the word `unknown`, or tokens KEY=VALUE between single blanks, in any
 * order, each key once. Keys (spec/arithmetic.h says what they mean):
 *   core        h100, a100, fma                                  required
 *   score       fused, separate, preloaded                       (fused)
 *   p           input, bf16, fp16, fp32; input: the input format (input)
 *   order       declared, tiled, any                             (declared)
 *   tile terms  of order=tiled: indices of a tile, 1 to 2^24, required there; terms of a step, 1 to 16, 0 for
 *               those of the core                                (0)
 *   split       keys of a declared part, a multiple of 16, 0 for one part (0)
 *   parts       most parts of unknown borders, 0 to 2^24         (1)
 *   part        format that parts of O and dQ are stored in: fp32, input, bf16, fp16 (fp32)
 *   group       joint, or the format that the sums of each head are stored in (joint)
 *   spread      fused, products                                  (fused)
 *   flush truncate  0, 1                                         (0)
 *   activation  limits, h100, one-term, one-term-h100, tanh-h100 (reference/judge/activation.h), or
 *               table:BELOW/RELATIVE,...[+ABSOLUTE], up to 32 rows, BELOW ascending, `inf` in the last one,
 *               numbers decimal or hexadecimal as in C           (limits)
 * example: core=h100 p=bf16 order=tiled tile=64 group=bf16 activation=table:2.77/5.1e-7,inf/2.8e-6+1.2e-38 */

#define SC_ARITHMETIC_TEXT_BYTES 4096 /* longest text, its terminator included */

enum sc_arithmetic_activation {
    SC_ARITHMETIC_LIMITS,
    SC_ARITHMETIC_H100,
    SC_ARITHMETIC_ONE_TERM,
    SC_ARITHMETIC_ONE_TERM_H100,
    SC_ARITHMETIC_TANH_H100,
    SC_ARITHMETIC_TABLE
};

struct sc_arithmetic_text {
    bool unknown;                          /* then nothing else counts */
    bool p_input, part_input, group_input; /* these formats are the input format */
    enum sc_arithmetic_activation activation;
    struct sc_activation_error table; /* of SC_ARITHMETIC_TABLE */
    struct sc_kernel_arithmetic
        arithmetic; /* less what the fields above say; `activation` is NULL */
};

/* Reads a line. The locale has no say; numbers are rounded to nearest. SC_E_INPUT: one line, what is wrong, at which
 * byte, what was expected; *parsed is unchanged then. SC_E_MEMORY cannot occur. */
enum sc_status sc_arithmetic_parse(const char *text, struct sc_arithmetic_text *parsed,
                                   struct sc_error *error);

/* Writes the line that sc_arithmetic_parse reads as the same: every key, numbers as short as they can be. */
void sc_arithmetic_print(const struct sc_arithmetic_text *arithmetic,
                         char text[SC_ARITHMETIC_TEXT_BYTES]);

/* The arithmetic on a problem. SC_E_INPUT where it cannot be: `unknown`; a tensor core with fp32 inputs or with P in
 * another format.
 *   resolved  keeps a pointer to the table of `arithmetic` */
enum sc_status sc_arithmetic_resolve(const struct sc_arithmetic_text *arithmetic,
                                     const struct sc_problem *problem,
                                     struct sc_kernel_arithmetic *resolved, struct sc_error *error);

#endif
