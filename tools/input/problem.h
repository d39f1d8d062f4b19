/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_INPUT_PROBLEM_H
#define SC_TOOLS_INPUT_PROBLEM_H

#include "reference/oracle/oracle.h"
#include "reference/status.h"
#include "spec/attention.h"
#include "tools/file/tensor.h"

#include <stdbool.h>
#include <stdint.h>

/* A problem as a user gives it: files and options of the command line. */
struct sc_input {
    struct sc_problem problem;
    float *q, *k, *v; /* decoded, contiguous */
    float *d_o;       /* the same, in the layout of O; NULL without --backward */
    /* The outputs that are examined; data NULL where not given. */
    struct sc_tensor out, d_q, d_k, d_v, d_b;
    enum sc_oracle_choice tier;
    int32_t precision; /* bits of the oracle */
    int32_t threads;
    struct sc_schedule schedule;
    int32_t limit;   /* rows and keys to examine per head, all when 0 */
    bool weights;    /* P is wanted, not O */
    bool heads_last; /* the tensors are [batch][n][heads][d] */
    bool json;
    bool help;
    const char *lo, *hi, *mid; /* files to write; NULL: none */
    float *bias, *slopes;
    int32_t *key_lengths, *starts_q, *starts_k;
    struct sc_tensor plane;
};

/* The part of --help that explains the options below. */
extern const char sc_input_help[];

/* Reads the command line of `command` and every file that it names, and checks the problem.
 *   with_out  whether outputs to examine are expected: --out in the shape of O, or with --backward some
 *             of --dq, --dk, --dv, --db
 *   input     receives everything; sc_input_destroy frees it, after a failure too
 * SC_E_INPUT usage, a file or a problem that is not accepted. SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_input_read(const char *command, int argc, char **argv, bool with_out,
                             struct sc_input *input, struct sc_error *error);

/* Frees what it holds. */
void sc_input_destroy(struct sc_input *input);

#endif
