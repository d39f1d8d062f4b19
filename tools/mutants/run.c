/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/clock.h"
#include "tools/mutants/mutants.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LINE_BYTES    2048
#define COMMAND_BYTES 2048

/* A template with its words replaced, cut to `size` bytes. */
static void expand(const char *template, const struct sc_mutant *mutant, const char *home,
                   char *command, size_t size)
{
    size_t used = 0;

    while (*template != '\0' && used + 1 < size) {
        int written = 1;
        if (strncmp(template, "{name}", 6) == 0) {
            written = snprintf(command + used, size - used, "%s", mutant->name);
            template += 6;
        } else if (strncmp(template, "{home}", 6) == 0) {
            written = snprintf(command + used, size - used, "%s/%s", home, mutant->name);
            template += 6;
        } else {
            command[used] = *template ++;
        }
        used += (size_t)written;
    }
    command[used < size ? used : size - 1] = '\0';
}

/* The number before " cases" or after "cases":, if the line has one. */
static void read_cases(const char *line, int64_t *cases)
{
    const char *at = strstr(line, "\"cases\":");

    if (at != NULL) {
        *cases = strtoll(at + 8, NULL, 10);
        return;
    }
    if (sscanf(line, "  cases %" SCNd64 ",", cases) == 1) { /* of sigmacert fuzz */
        return;
    }
    at = strstr(line, " cases");
    if (at != NULL && at > line && at[-1] >= '0' && at[-1] <= '9') {
        while (at > line && at[-1] >= '0' && at[-1] <= '9') {
            at--;
        }
        *cases = strtoll(at, NULL, 10);
    }
}

static void copy_until(const char *from, const char *end, char *to, size_t size)
{
    const size_t length = strcspn(from, end);
    const size_t kept = length < size ? length : size - 1;

    memcpy(to, from, kept);
    to[kept] = '\0';
}

static void read_check(const char *line, char *check, size_t size)
{
    const char *quoted = strstr(line, "\"check\":");

    if (quoted != NULL) {
        const char *begin = strchr(quoted + 8, '"');
        copy_until(begin != NULL ? begin + 1 : "", "\"", check, size);
    } else if (strncmp(line, "check: ", 7) == 0) {
        copy_until(line + 7, "\n", check, size);
    } else if (strncmp(line, "  failed    ", 12) == 0) { /* of sigmacert fuzz */
        copy_until(line + 12, "\n", check, size);
    } else if (strncmp(line, "FAILS   ", 8) == 0) { /* of sigmacert replay */
        copy_until(line + 8, ":", check, size);
    }
}

static void read_baseline(const char *line, struct sc_mutant *mutant)
{
    static const char *const names[SC_MUTANTS_BASELINES] = {"allclose: ", "twice: "};

    for (int32_t n = 0; n < SC_MUTANTS_BASELINES; n++) {
        const size_t length = strlen(names[n]);
        if (strncmp(line, names[n], length) == 0) {
            copy_until(line + length, "\n", mutant->baseline[n], sizeof mutant->baseline[n]);
            mutant->baseline_ran[n] = true;
        }
    }
}

/* Runs a command; 0 or more: its exit status, -1: a signal ended it. */
static enum sc_status run(const char *template, const char *home, struct sc_mutant *mutant,
                          int *code, struct sc_error *error)
{
    char command[COMMAND_BYTES], line[LINE_BYTES];

    expand(template, mutant, home, command, sizeof command);
    FILE *output = popen(command, "r");
    if (output == NULL) {
        return sc_fail(error, SC_E_IO, "mutants: cannot run '%s': %s", command, strerror(errno));
    }
    while (fgets(line, sizeof line, output) != NULL) {
        read_cases(line, &mutant->cases);
        read_check(line, mutant->check, sizeof mutant->check);
        read_baseline(line, mutant);
    }
    const int ended = pclose(output);

    *code = ended >= 0 && WIFEXITED(ended) && WEXITSTATUS(ended) < 128 ? WEXITSTATUS(ended) : -1;
    return SC_OK;
}

/* What a check says by its exit status; `who` names it where it says nothing. */
static void decide(struct sc_mutant *mutant, int code, const char *who)
{
    mutant->decided = code <= 1;
    mutant->caught = code == 1 || code == -1;
    if (!mutant->decided) {
        (void)snprintf(mutant->check, sizeof mutant->check, "%sno verdict: exit %d", who, code);
    } else if (mutant->caught && mutant->check[0] == '\0') {
        (void)snprintf(mutant->check, sizeof mutant->check, "%s",
                       code == -1 ? "its process was ended by a signal" : "its process has ended");
    }
}

/* The prediction of a mutant in which the check found nothing. Cases and seconds stay those of the check. */
static enum sc_status predict(const struct sc_mutants_commands *commands, struct sc_mutant *mutant,
                              struct sc_error *error)
{
    struct sc_mutant one = *mutant;
    int code = 0;
    const enum sc_status status = run(commands->predict, commands->home, &one, &code, error);

    if (status != SC_OK) {
        return status;
    }
    decide(&one, code, "prediction, ");
    mutant->decided = one.decided;
    mutant->caught = mutant->predicted = one.caught;
    memcpy(mutant->check, one.check, sizeof mutant->check);
    return SC_OK;
}

enum sc_status sc_mutants_run(const struct sc_mutants_commands *commands, struct sc_mutant *mutant,
                              struct sc_error *error)
{
    const double start = sc_clock_now();
    int code = 0;
    enum sc_status status = run(commands->build, commands->home, mutant, &code, error);

    mutant->build_s = sc_clock_now() - start;
    if (status != SC_OK || code != 0) {
        (void)snprintf(mutant->check, sizeof mutant->check, "not built");
        return status;
    }
    status = run(commands->detect, commands->home, mutant, &code, error);
    mutant->seconds = sc_clock_now() - start - mutant->build_s;
    if (status != SC_OK) {
        return status;
    }
    decide(mutant, code, "");
    if (commands->predict != NULL && mutant->decided && !mutant->caught) {
        status = predict(commands, mutant, error);
    }
    if (status == SC_OK && commands->baseline != NULL) {
        struct sc_mutant kept = *mutant;
        status = run(commands->baseline, commands->home, mutant, &code, error);
        memcpy(kept.baseline, mutant->baseline, sizeof kept.baseline);
        memcpy(kept.baseline_ran, mutant->baseline_ran, sizeof kept.baseline_ran);
        *mutant = kept;
    }
    return status;
}
