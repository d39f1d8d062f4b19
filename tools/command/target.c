/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/target.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Adds text in quotes of the shell. False: no room. */
static bool add_quoted(char *command, const char *text)
{
    size_t length = strlen(command);

    if (length + 3 >= SC_TARGET_COMMAND_MAX) {
        return false;
    }
    command[length++] = '\'';
    for (; *text != '\0'; text++) {
        const char *piece = *text == '\'' ? "'\\''" : (char[]){*text, '\0'};

        if (length + strlen(piece) + 2 > SC_TARGET_COMMAND_MAX) {
            return false;
        }
        memcpy(command + length, piece, strlen(piece));
        length += strlen(piece);
    }
    command[length++] = '\'';
    command[length] = '\0';
    return true;
}

static bool add(char *command, const char *text)
{
    const size_t length = strlen(command);

    if (length + strlen(text) >= SC_TARGET_COMMAND_MAX) {
        return false;
    }
    memcpy(command + length, text, strlen(text) + 1);
    return true;
}

enum sc_status sc_target_command(const char *what, const struct sc_target *target,
                                 char command[SC_TARGET_COMMAND_MAX], struct sc_error *error)
{
    char self[PATH_MAX];
    bool fits = true;

    command[0] = '\0';
    if (target->emulated + (target->library != NULL) + (target->exec != NULL) != 1) {
        return sc_fail(error, SC_E_INPUT, "%s: expected one of --emulated, --library and --exec",
                       what);
    }
    if (target->fast && !target->emulated) {
        return sc_fail(error, SC_E_INPUT, "%s: --fast is of --emulated alone", what);
    }
    if (target->exec != NULL) {
        fits = add(command, target->exec);
    } else {
        const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

        if (length < 0) {
            return sc_fail(error, SC_E_UNAVAILABLE, "%s: /proc/self/exe cannot be read", what);
        }
        self[length] = '\0';
        fits =
            add(command, "exec ") && add_quoted(command, self) && add(command, " serve ") &&
            (target->emulated ? add(command, target->fast ? "--emulated --fast" : "--emulated")
                              : add(command, "--library ") && add_quoted(command, target->library));
    }
    return fits ? SC_OK
                : sc_fail(error, SC_E_INPUT, "%s: the kernel's name is longer than %d bytes", what,
                          SC_TARGET_COMMAND_MAX);
}
