/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"

/* `sigmacert kernels` alone, linked with a device in the place of the emulator. */
int main(int argc, char **argv)
{
    return sc_command_kernels(argc, argv);
}
