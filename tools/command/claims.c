/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"
#include "fuzz/clock.h"
#include "tools/claims/report.h"
#include "tools/command/command.h"
#include "tools/input/values.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: sigmacert claims [OPTION]...\n"
    "Checks the claims of arXiv 2409.04431, as they are recalled here, and says of each what was "
    "found and what\n"
    "follows: proved, holds on what was tried, holds with a stated limit, false as stated, not "
    "checkable here.\n"
    "\n"
    "  --claim N[,N]... those numbers only (all)\n"
    "  --json           results as JSON\n"
    "  --evidence DIR   where claims.json goes (build/evidence; with --claim nowhere)\n"
    "  --proofs DIR     what `make proofs` left of Coq (build/coq); need not be there\n"
    "  --samples DIR    sample layers (tests/samples/minilm)\n"
    "\n"
    "Exit: 0 every verdict is as README.md has it; 1 one is not; 2 usage; 3 could not run.\n"
    "\n"
    "example: sigmacert claims --claim 2,4\n";

struct options {
    struct sc_claims_context context;
    const char *evidence;
    bool chosen[SC_CLAIMS_ROWS + 1], some, json, help;
};

static enum sc_status choose(const char *text, struct options *options, struct sc_error *error)
{
    int32_t *numbers = NULL, count = 0;
    enum sc_status status = sc_values_ints("claims: --claim", text, &numbers, &count, error);

    for (int32_t n = 0; status == SC_OK && n < count; n++) {
        if (numbers[n] < 1 || numbers[n] > SC_CLAIMS_ROWS) {
            status = sc_fail(error, SC_E_INPUT, "claims: --claim %d, expected 1 to %d", numbers[n],
                             SC_CLAIMS_ROWS);
        } else {
            options->chosen[numbers[n]] = true;
        }
    }
    options->some = true;
    free(numbers);
    return status;
}

static bool wanted(const struct options *options, const struct sc_claims_row *row)
{
    return !options->some || options->chosen[row->number];
}

static bool any_check(const struct options *options)
{
    for (int32_t n = 0; n < SC_CLAIMS_ROWS; n++) {
        if (wanted(options, &sc_claims_rows[n]) && sc_claims_rows[n].check != NULL) {
            return true;
        }
    }
    return false;
}

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {{"claim", required_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"evidence", required_argument, NULL, 'e'},
                                          {"proofs", required_argument, NULL, 'p'},
                                          {"samples", required_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 'c':
            status = choose(optarg, options, error);
            break;
        case 'j':
            options->json = true;
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'p':
            options->context.proofs = optarg;
            break;
        case 's':
            options->context.samples = optarg;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "claims: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "claims: '%s', expected options only", argv[optind]);
    }
    if (!options->some && options->evidence == NULL) {
        options->evidence = "build/evidence";
    }
    return status == SC_OK && options->evidence != NULL && !any_check(options)
               ? sc_fail(error, SC_E_INPUT,
                         "claims: --evidence, and nothing of --claim has a check to record")
               : status;
}

/* What a run leaves. */
struct run {
    struct sc_evidence *evidence;
    json_t *all; /* NULL: for a person */
};

static enum sc_status check_row(const struct options *options, const struct sc_claims_row *row,
                                const struct run *run, struct sc_error *error)
{
    struct sc_found_list result = {.findings = NULL};
    const double begin = sc_clock_now();
    enum sc_status status =
        row->check == NULL ? SC_OK : row->check(&options->context, &result, error);

    if (status != SC_OK) {
        const struct sc_error why = *error;
        status = sc_fail(error, status, "claims: %d: %s", row->number, why.text);
    } else {
        sc_claims_record(row, &result, sc_clock_now() - begin, run->evidence);
        if (run->all != NULL) {
            (void)json_array_append_new(run->all, sc_claims_json(row, &result));
        } else {
            sc_claims_print(row, &result, stdout);
        }
    }
    sc_found_destroy(&result);
    return status;
}

static enum sc_status check_all(const struct options *options, const struct run *run,
                                struct sc_error *error)
{
    const int shown = isatty(STDERR_FILENO);
    enum sc_status status = SC_OK;

    if (run->all == NULL) {
        sc_claims_print_heading(stdout);
    }
    for (int32_t n = 0; status == SC_OK && n < SC_CLAIMS_ROWS; n++) {
        const struct sc_claims_row *row = &sc_claims_rows[n];
        if (!wanted(options, row)) {
            continue;
        }
        if (shown) {
            (void)fflush(stdout);
            (void)fprintf(stderr, "\r\033[Kclaims: %d of %d", row->number, SC_CLAIMS_ROWS);
        }
        status = check_row(options, row, run, error);
        if (shown) {
            (void)fputs("\r\033[K", stderr);
        }
    }
    if (status == SC_OK && run->all != NULL) {
        (void)json_dumpf(run->all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    }
    return status == SC_OK && fflush(stdout) != 0
               ? sc_fail(error, SC_E_IO, "claims: cannot write the result")
               : status;
}

int sc_command_claims(int argc, char **argv)
{
    struct options options = {.context = {"build/coq", "proofs/coq", "tests/samples/minilm"}};
    struct run run = {.evidence = NULL};
    struct sc_error error = {SC_OK, ""};
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = parse(argc, argv, &options, &error);

    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK) {
        status = sc_evidence_create("claims", "sigmacert claims", &run.evidence, &error);
        run.all = options.json ? json_array() : NULL;
    }
    if (status == SC_OK) {
        status = check_all(&options, &run, &error);
    }
    if (status == SC_OK && options.evidence != NULL) {
        status = sc_evidence_write(run.evidence, options.evidence, &error);
    }
    if (status == SC_OK) {
        code = sc_evidence_failed(run.evidence) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    json_decref(run.all);
    sc_evidence_destroy(run.evidence);
    return code;
}
