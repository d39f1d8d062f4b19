/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/target.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool sc_target_quote(const char *text, char *word, size_t room)
{
    size_t used = 0;

    if (room < 3) {
        return false;
    }
    word[used++] = '\'';
    for (const char *c = text; *c != '\0'; c++) {
        if (used + 6 > room) {
            return false;
        }
        if (*c == '\'') {
            memcpy(word + used, "'\\''", 4);
            used += 4;
        } else {
            word[used++] = *c;
        }
    }
    word[used++] = '\'';
    word[used] = '\0';
    return true;
}

static bool add_quoted(char *command, const char *text)
{
    const size_t length = strlen(command);

    return sc_target_quote(text, command + length, SC_TARGET_COMMAND_MAX - length);
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
