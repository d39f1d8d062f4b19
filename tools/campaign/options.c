/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/campaign/options.h"

#include "tools/input/values.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MAX INT64_C(1000000000000)

/* For a call. The emulator takes ten seconds for the largest case on a core of its own. */
#define EMULATED_SECONDS 120.0

/* A decimal number in [low, high]. */
static enum sc_status read_count(const char *what, const char *text, uint64_t low, uint64_t high,
                                 uint64_t *value, struct sc_error *error)
{
    char *end = NULL;

    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < low ||
        number > high) {
        return sc_fail(error, SC_E_INPUT, "fuzz: %s: '%.64s', expected a number from %llu to %llu",
                       what, text, (unsigned long long)low, (unsigned long long)high);
    }
    *value = number;
    return SC_OK;
}

static enum sc_status read_number(const char *what, const char *text, double low, double high,
                                  double *value, struct sc_error *error)
{
    float number = 0;
    const enum sc_status status = sc_values_float(what, text, &number, error);

    if (status == SC_OK && !((double)number >= low && (double)number <= high)) {
        return sc_fail(error, SC_E_INPUT, "%s: '%.64s', expected a number from %g to %g", what,
                       text, low, high);
    }
    *value = (double)number;
    return status;
}

static enum sc_status read_shard(const char *text, struct sc_campaign_options *campaign,
                                 struct sc_error *error)
{
    char *slash = NULL, *end = NULL;
    const long shard = strtol(text, &slash, 10);
    const long shards = *slash == '/' ? strtol(slash + 1, &end, 10) : 0;

    if (text[0] < '0' || text[0] > '9' || end == NULL || end == slash + 1 || *end != '\0' ||
        slash[1] < '0' || slash[1] > '9' || shards < 1 || shards > 65536 || shard >= shards) {
        return sc_fail(error, SC_E_INPUT,
                       "fuzz: --shard: '%.64s', expected I/N with I from 0 to N - 1", text);
    }
    campaign->shard = (int32_t)shard;
    campaign->shards = (int32_t)shards;
    return SC_OK;
}

/* Names of checks with commas between. */
static enum sc_status read_checks(const char *text, uint32_t *checks, struct sc_error *error)
{
    const char *at = text;

    *checks = 0;
    while (true) {
        const size_t length = strcspn(at, ",");
        int check = 0;
        while (check < SC_CHECKS &&
               (strlen(sc_check_name((enum sc_check)check)) != length ||
                strncmp(sc_check_name((enum sc_check)check), at, length) != 0)) {
            check++;
        }
        if (check == SC_CHECKS) {
            return sc_fail(error, SC_E_INPUT,
                           "fuzz: --checks: no check '%.*s', expected names of 'sigmacert fuzz "
                           "--help' with commas between",
                           (int)(length < 64 ? length : 64), at);
        }
        *checks |= UINT32_C(1) << check;
        if (at[length] == '\0') {
            return SC_OK;
        }
        at += length + 1;
    }
}

enum {
    CASES = 1,
    TIME,
    SEED,
    WORKERS,
    MEMORY,
    FINDINGS,
    CALL_SECONDS,
    ACCURACY,
    SHARD,
    CHECKS,
    VARIANTS,
    TEXT,
    FLAG
};

/* Options that are kept as they are. */
static bool keep_text(struct sc_fuzz_options *options, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **text;
    } rows[] = {{"library", &options->library},
                {"exec", &options->exec},
                {"journal", &options->campaign.journal},
                {"corpus", &options->campaign.corpus},
                {"json", &options->json},
                {"junit", &options->junit},
                {"evidence", &options->evidence},
                {"stage", &options->stage}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (strcmp(rows[r].name, name) == 0) {
            *rows[r].text = value;
            return value[0] != '\0';
        }
    }
    return false;
}

static void set_flag(struct sc_fuzz_options *options, const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } rows[] = {{"emulated", &options->emulated},
                {"fast", &options->fast},
                {"resume", &options->campaign.resume},
                {"strict", &options->campaign.examine.strict},
                {"stop-first", &options->campaign.stop_first},
                {"help", &options->help}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (strcmp(rows[r].name, name) == 0) {
            *rows[r].flag = true;
        }
    }
}

static enum sc_status take(int kind, const char *name, const char *value,
                           struct sc_fuzz_options *options, struct sc_error *error)
{
    struct sc_campaign_options *const campaign = &options->campaign;
    uint64_t number = 0;
    enum sc_status status = SC_OK;

    switch (kind) {
    case CASES:
        status = read_count("--cases", value, 1, CASES_MAX, &number, error);
        campaign->cases = (int64_t)number;
        break;
    case TIME:
        status = read_number("fuzz: --time", value, 0x1p-10, 1e9, &campaign->seconds, error);
        break;
    case SEED:
        status = read_count("--seed", value, 0, UINT64_MAX, &campaign->seed, error);
        break;
    case WORKERS:
        status = read_count("--workers", value, 1, 256, &number, error);
        campaign->workers = (int32_t)number;
        break;
    case MEMORY:
        status = read_count("--memory", value, 64, 1 << 30, &number, error);
        campaign->memory_bytes = (int64_t)(number << 20);
        break;
    case FINDINGS:
        status = read_count("--max-findings", value, 0, 10000, &number, error);
        campaign->findings_max = (int32_t)number;
        break;
    case CALL_SECONDS:
        status = read_number("fuzz: --call-seconds", value, 0x1p-10, 1e6, &campaign->worker.seconds,
                             error);
        break;
    case ACCURACY:
        status = read_number("fuzz: --require-accuracy", value, 1, 1e6,
                             &campaign->examine.assess.accuracy, error);
        campaign->examine.require_accuracy = true;
        break;
    case VARIANTS:
        status = read_count("--variants", value, 0, 64, &number, error);
        campaign->examine.variants = (int32_t)number;
        break;
    case SHARD:
        status = read_shard(value, campaign, error);
        break;
    case CHECKS:
        status = read_checks(value, &campaign->examine.checks, error);
        break;
    case TEXT:
        if (!keep_text(options, name, value)) {
            status = sc_fail(error, SC_E_INPUT, "fuzz: --%s: expected a name", name);
        }
        break;
    default:
        set_flag(options, name);
        break;
    }
    return status;
}

/* What no option says alone. */
static enum sc_status check(const struct sc_fuzz_options *options, struct sc_error *error)
{
    const int kernels = options->emulated + (options->library != NULL) + (options->exec != NULL);

    if (kernels != 1) {
        return sc_fail(error, SC_E_INPUT,
                       "fuzz: expected one of --emulated, --library FILE.so and --exec 'COMMAND' "
                       "(see --help)");
    }
    if (options->fast && !options->emulated) {
        return sc_fail(error, SC_E_INPUT, "fuzz: --fast is of --emulated alone");
    }
    if (options->campaign.resume && options->campaign.journal == NULL) {
        return sc_fail(error, SC_E_INPUT, "fuzz: --resume goes with --journal FILE");
    }
    return SC_OK;
}

enum sc_status sc_fuzz_parse(int argc, char **argv, struct sc_fuzz_options *options,
                             struct sc_error *error)
{
    static const struct option known[] = {{"cases", required_argument, NULL, CASES},
                                          {"time", required_argument, NULL, TIME},
                                          {"seed", required_argument, NULL, SEED},
                                          {"workers", required_argument, NULL, WORKERS},
                                          {"memory", required_argument, NULL, MEMORY},
                                          {"max-findings", required_argument, NULL, FINDINGS},
                                          {"call-seconds", required_argument, NULL, CALL_SECONDS},
                                          {"require-accuracy", required_argument, NULL, ACCURACY},
                                          {"variants", required_argument, NULL, VARIANTS},
                                          {"shard", required_argument, NULL, SHARD},
                                          {"checks", required_argument, NULL, CHECKS},
                                          {"library", required_argument, NULL, TEXT},
                                          {"exec", required_argument, NULL, TEXT},
                                          {"journal", required_argument, NULL, TEXT},
                                          {"corpus", required_argument, NULL, TEXT},
                                          {"json", required_argument, NULL, TEXT},
                                          {"junit", required_argument, NULL, TEXT},
                                          {"evidence", required_argument, NULL, TEXT},
                                          {"stage", required_argument, NULL, TEXT},
                                          {"emulated", no_argument, NULL, FLAG},
                                          {"fast", no_argument, NULL, FLAG},
                                          {"resume", no_argument, NULL, FLAG},
                                          {"strict", no_argument, NULL, FLAG},
                                          {"stop-first", no_argument, NULL, FLAG},
                                          {"help", no_argument, NULL, FLAG},
                                          {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int kind = 0, index = 0;

    memset(options, 0, sizeof *options);
    options->stage = "fuzz";
    options->campaign.examine = sc_examine_defaults();
    options->campaign.worker.start_seconds = 60.0;
    options->campaign.shards = 1;
    options->campaign.workers = 1;
    options->campaign.findings_max = 10;
    options->campaign.memory_bytes = INT64_C(4096) << 20;
    optind = 0;
    opterr = 0;
    while (status == SC_OK && !options->help &&
           (kind = getopt_long(argc, argv, ":", known, &index)) != -1) {
        status =
            kind == '?' || kind == ':'
                ? sc_fail(error, SC_E_INPUT,
                          "fuzz: %.128s: unknown option or no value (see --help)", argv[optind - 1])
                : take(kind, known[index].name, optarg, options, error);
    }
    if (status != SC_OK || options->help) {
        return status;
    }
    if (optind < argc) {
        return sc_fail(error, SC_E_INPUT, "fuzz: '%.128s', expected options only", argv[optind]);
    }
    options->campaign.limits = sc_select_defaults();
    if (options->campaign.worker.seconds <= 0 && options->emulated) {
        options->campaign.worker.seconds = EMULATED_SECONDS;
    }
    if (options->campaign.cases == 0 && options->campaign.seconds <= 0) {
        options->campaign.cases = 1000;
    }
    return check(options, error);
}
