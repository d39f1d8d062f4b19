/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CERTIFICATE_CHECK_H
#define SC_TOOLS_CERTIFICATE_CHECK_H

#include "reference/certificate/upper.h"
#include "tools/certificate/stored.h"

#include <stdio.h>

/* Checks a stored certificate against the files that it names. Nothing of the code that found it is used here: what is
 * shared is the readers of files (tools/file/) and SHA-256. */

struct sc_check_options {
    const char *certificate;
    const char
        *inputs; /* a directory: NULL: names are looked for as given, then beside the certificate */
    struct sc_upper_limits limits;
};

/* Claims by what became of them. */
struct sc_check_sum {
    int64_t confirmed, refuted, open;
    bool
        mismatched; /* an input is not the one that was certified: nothing after it was looked at */
};

/* Reads the certificate and its inputs and checks each claim; one line for each on `out`.
 * SC_E_INPUT, SC_E_IO the certificate or an input cannot be read. SC_E_MEMORY. A claim that cannot be checked here is left
 * open, with the reason in its line. */
enum sc_status sc_check_run(const struct sc_check_options *options, FILE *out,
                            struct sc_check_sum *sum, struct sc_error *error);

#endif
