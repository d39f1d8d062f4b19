/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CAMPAIGN_OPTIONS_H
#define SC_TOOLS_CAMPAIGN_OPTIONS_H

#include "fuzz/campaign.h"
#include "tools/command/target.h"

#include <stdbool.h>
#include <stddef.h>

/* The command line of `sigmacert fuzz`. */
struct sc_fuzz_options {
    bool help;
    bool emulated, fast;
    const char *library, *exec;
    const char *json, *junit, *evidence; /* files, and a directory; NULL: none */
    const char *stage;                   /* of the evidence */
    struct sc_campaign_options campaign; /* with the command, once sc_fuzz_kernel has been there */
};

/* Reads it. argv may be reordered. SC_E_INPUT: one line that says what is wrong. */
enum sc_status sc_fuzz_parse(int argc, char **argv, struct sc_fuzz_options *options,
                             struct sc_error *error);

/* How the kernel is started. */
struct sc_fuzz_kernel {
    char command[SC_TARGET_COMMAND_MAX]; /* for sh -c */
    char code
        [64]; /* which kernel it is: a hash of the library, of this program, or of the command */
    char words[1024]; /* its part of a command line: "--library 'kernel.so'" */
};

/* SC_E_INPUT: the library cannot be read, or a name is too long. SC_E_UNAVAILABLE: this program cannot be found. */
enum sc_status sc_fuzz_kernel(const struct sc_fuzz_options *options, struct sc_fuzz_kernel *kernel,
                              struct sc_error *error);

#endif
