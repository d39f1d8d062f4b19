/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_COMMAND_COMMAND_H
#define SC_TOOLS_COMMAND_COMMAND_H

#include "reference/status.h"

#define SC_VERSION "0.1.0"

/* What the sigmacert command returns to the shell. */
enum sc_command_exit {
    SC_EXIT_VERIFIED = 0,
    SC_EXIT_FALSIFIED = 1,
    SC_EXIT_INPUT = 2,      /* usage, or data that cannot be read or written */
    SC_EXIT_UNAVAILABLE = 3 /* could not run here: no device, tool or memory */
};

/* The exit code of a library call that failed; SC_EXIT_VERIFIED for SC_OK. Never
 * SC_EXIT_FALSIFIED: that is a verdict. */
int sc_command_exit(enum sc_status status);

/* One subcommand each. argv[0] is the subcommand's name; argv may be reordered. Results on stdout,
 * errors on stderr. Returns an exit code. */
int sc_command_audit(int argc, char **argv);
int sc_command_baseline(int argc, char **argv);
int sc_command_bench(int argc, char **argv);
int sc_command_claims(int argc, char **argv);
int sc_command_error(int argc, char **argv);
int sc_command_fuzz(int argc, char **argv);
int sc_command_judge(int argc, char **argv);
int sc_command_kernels(int argc, char **argv);
int sc_command_lipschitz(int argc, char **argv);
int sc_command_mutants(int argc, char **argv);
int sc_command_norms(int argc, char **argv);
int sc_command_oracle(int argc, char **argv);
int sc_command_parsers(int argc, char **argv);
int sc_command_proofs(int argc, char **argv);
int sc_command_replay(int argc, char **argv);
int sc_command_report(int argc, char **argv);
int sc_command_serve(int argc, char **argv);
int sc_command_stage(int argc, char **argv);
int sc_command_verify(int argc, char **argv);
int sc_command_worst(int argc, char **argv);

#endif
