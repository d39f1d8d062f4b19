/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_LIBRARIES_NAIVE_H
#define SC_TESTS_LIBRARIES_NAIVE_H

#include "spec/kernel.h"

/* Sigmoid attention as its definition reads, forward and backward, in fp32 on the host: a kernel under test that does
 * everything and is right. Scores are rounded once, sums are plain fp32 in ascending order. */
size_t naive_workspace(const struct sc_problem *problem, bool backward);
int naive_run(const struct sc_kernel_call *call, char *text, size_t text_bytes);

/* Its traits but the name. */
struct sc_kernel naive_kernel(const char *name, int (*run)(const struct sc_kernel_call *call,
                                                           char *text, size_t text_bytes));

#endif
