/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"

int sc_command_exit(enum sc_status status)
{
    switch (status) {
    case SC_OK:
        return SC_EXIT_VERIFIED;
    case SC_E_INPUT:
    case SC_E_IO:
        return SC_EXIT_INPUT;
    case SC_E_MEMORY:
    case SC_E_UNAVAILABLE:
        return SC_EXIT_UNAVAILABLE;
    }
    return SC_EXIT_UNAVAILABLE;
}
