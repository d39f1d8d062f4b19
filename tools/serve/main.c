/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"

/* `sigmacert serve` alone: with the emulator it is build/bin/serve, with a GPU build/device/serve. */
int main(int argc, char **argv)
{
    return sc_command_serve(argc, argv);
}
