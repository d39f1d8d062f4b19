/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_COMMAND_TARGET_H
#define SC_TOOLS_COMMAND_TARGET_H

#include "reference/status.h"

#include <stdbool.h>
#include <stddef.h>

/* The kernel under test that a command line names: exactly one of the three. */
struct sc_target {
    bool emulated;       /* our kernels, on the emulator */
    bool fast;           /* with dQ in the fast mode, of these alone */
    const char *library; /* a shared library (spec/kernel.h) */
    const char *exec;    /* a command that speaks fuzz/PROTOCOL.md */
};

#define SC_TARGET_COMMAND_MAX 8192

/* The command for sh -c that starts it: `sigmacert serve`, of this very program, or `exec` itself.
 *   what     begins the message
 *   command  receives it
 * SC_E_INPUT: none or several are named, --fast without --emulated, or a name is too long. SC_E_UNAVAILABLE: this program's file is not known. */
enum sc_status sc_target_command(const char *what, const struct sc_target *target,
                                 char command[SC_TARGET_COMMAND_MAX], struct sc_error *error);

/* `text` as one word of the shell, in quotes; false: it does not fit. */
bool sc_target_quote(const char *text, char *word, size_t room);

#endif
