/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/serve/serve.h"
#include "tools/command/command.h"
#include "tools/kernels/entry.h"
#include "tools/kernels/machine.h"
#include "tools/measure/binade_model.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

static const char help[] =
    "usage: sigmacert serve --library FILE.so | --emulated [OPTION]... | --device [OPTION]...\n"
    "Runs a kernel for a fuzzer in a process of its own: reads calls on standard input, answers "
    "on\n"
    "standard output, tensors are in shared memory (fuzz/PROTOCOL.md). 'sigmacert fuzz' starts "
    "it.\n"
    "\n"
    "  --library FILE.so  the kernel of a shared library (spec/kernel.h)\n"
    "  --emulated         our kernels, on the emulator\n"
    "  --device           our kernels on a GPU: of build/device/serve alone\n"
    "  --fast             dQ in the fast mode, by atomic additions\n"
    "  --activation FILE  the errors of the sigmoid to declare, as measured "
    "(build/device/activation --table)\n"
    "\n"
    "Exit: 0 at the end of its input; 2 usage, or no such kernel; 3 could not run.\n"
    "\n"
    "example: sigmacert fuzz --exec 'sigmacert serve --library ./kernel.so'\n";

struct options {
    const char *library, *activation;
    bool emulated, device, fast, help;
};

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"library", required_argument, NULL, 'l'},
                                          {"emulated", no_argument, NULL, 'e'},
                                          {"device", no_argument, NULL, 'd'},
                                          {"fast", no_argument, NULL, 'f'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"activation", required_argument, NULL, 'a'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'l':
            options->library = optarg;
            break;
        case 'a':
            options->activation = optarg;
            break;
        case 'e':
            options->emulated = true;
            break;
        case 'd':
            options->device = true;
            break;
        case 'f':
            options->fast = true;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "serve: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (optind < argc) {
        return sc_fail(error, SC_E_INPUT, "serve: '%s', expected options only", argv[optind]);
    }
    if ((options->library != NULL) + options->emulated + options->device != 1 ||
        ((options->fast || options->activation != NULL) && options->library != NULL)) {
        return sc_fail(error, SC_E_INPUT,
                       "serve: expected one of --library, --emulated and --device (see --help)");
    }
    return SC_OK;
}

static enum sc_status find_kernel(const struct options *options, const struct sc_kernel **kernel,
                                  struct sc_error *error)
{
    struct sc_activation_error activation;

    if (options->library != NULL) {
        return sc_serve_library(options->library, kernel, error);
    }
    if (options->emulated != sc_machine_traits.emulated) {
        return sc_fail(error, SC_E_UNAVAILABLE, "serve: this program runs kernels on %s",
                       sc_machine_traits.name);
    }
    if (options->activation != NULL) {
        const enum sc_status status = sc_binade_model_read(options->activation, &activation, error);
        if (status != SC_OK) {
            return status;
        }
    }
    *kernel = sc_entry_kernel(options->fast, options->activation != NULL ? &activation : NULL);
    return SC_OK;
}

int sc_command_serve(int argc, char **argv)
{
    struct options options = {NULL, NULL, false, false, false, false};
    struct sc_error error = {SC_OK, ""};
    const struct sc_kernel *kernel = NULL;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = find_kernel(&options, &kernel, &error);
    }
    if (status == SC_OK) {
        status = sc_serve(kernel, options.library != NULL ? NULL : sc_machine_traits.rows, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    return sc_command_exit(status);
}
