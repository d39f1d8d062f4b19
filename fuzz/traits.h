/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_TRAITS_H
#define SC_FUZZ_TRAITS_H

#include "fuzz/worker.h"

#include <stddef.h>

/* The `sigmacert kernel` line of fuzz/PROTOCOL.md: what a kernel says of itself. */

#define SC_TRAITS_TEXT_MAX 6144 /* bytes of a line, its end included */

/* Prints the line, without a newline.
 *   line  room for SC_TRAITS_TEXT_MAX
 * Its length. */
size_t sc_traits_print(const struct sc_worker_kernel *kernel, char *line);

/* Reads a line, whatever its bytes are, with or without a newline. SC_E_INPUT: the text says what is wrong. */
enum sc_status sc_traits_parse(const char *line, size_t bytes, struct sc_worker_kernel *kernel,
                               struct sc_error *error);

/* The part of an arithmetic text that holds for an input format. "bf16,fp16: A; fp32: B" has a part for each list of
 * formats; a text that does not begin with such a list and a colon holds for all.
 *   part, room  receives it; "unknown" where there is none for the format
 * False: it does not fit. */
bool sc_traits_arithmetic(const char *text, enum sc_format format, char *part, size_t room);

/* "bias-gradient" */
const char *sc_traits_feature_name(int32_t bit);

#endif
