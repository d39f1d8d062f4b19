/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 4096

enum section { NOWHERE, FUNCTIONS, LEMMAS, CANARY };

/* Where the reader is. */
struct place {
    enum section section;
    char function[SC_LOG_NAME_BYTES]; /* of the report's "Properties of Function" */
    char property[SC_LOG_NAME_BYTES]; /* "axiom NAME" of the line before, or empty */
    int in_summary;                   /* the report's counts, which name nothing */
    int in_totals;                    /* the provers' counts, below "Proved goals" */
};

static int add(struct sc_log_names *names, const char *text, size_t length)
{
    if (length >= SC_LOG_NAME_BYTES) {
        length = SC_LOG_NAME_BYTES - 1;
    }
    for (size_t n = 0; n < names->count; n++) {
        if (strlen(names->list[n].text) == length &&
            strncmp(names->list[n].text, text, length) == 0) {
            return 0;
        }
    }
    struct sc_log_name *list = realloc(names->list, (names->count + 1) * sizeof *list);
    if (list == NULL) {
        return -1;
    }
    names->list = list;
    memcpy(list[names->count].text, text, length);
    list[names->count].text[length] = '\0';
    list[names->count].seconds = 0.0;
    list[names->count].by_smt = 0;
    names->count++;
    return 0;
}

/* The last "(12ms)" or "(1.2s)" of a line, in seconds; the number in a pair after it counts steps. */
static double seconds_of(const char *line)
{
    double seconds = 0.0;

    for (const char *open = strchr(line, '('); open != NULL; open = strchr(open + 1, '(')) {
        char *end = NULL;
        const char *number = strncmp(open, "(Qed:", 5) == 0 ? open + 5 : open + 1;
        const double value = strtod(number, &end);
        if (strncmp(end, "ms)", 3) == 0) {
            seconds = value / 1000.0;
        } else if (strncmp(end, "s)", 2) == 0) {
            seconds = value;
        }
    }
    return seconds;
}

/* "[wp] [Prover] Goal typed_real_NAME : Valid (..)", or "[Failed] Goal typed_real_NAME". */
static int read_goal(struct sc_log *log, const struct place *place, const char *line)
{
    static const char prefix[] = "Goal typed_real_";
    const char *goal = strstr(line, prefix);

    if (goal == NULL || place->section == CANARY) {
        return 0;
    }
    goal += sizeof prefix - 1;
    const size_t length = strcspn(goal, " \n");
    if (strstr(line, "[Failed]") != NULL) {
        return add(&log->failed, goal, length);
    }
    const double seconds = seconds_of(line);
    log->slowest_s = seconds > log->slowest_s ? seconds : log->slowest_s;
    const size_t count = log->goal_names.count;
    if (add(&log->goal_names, goal, length) != 0) {
        return -1;
    }
    if (log->goal_names.count > count) {
        log->goal_names.list[count].seconds = seconds;
        log->goal_names.list[count].by_smt = strstr(line, "[Qed]") == NULL;
    }
    return 0;
}

/* "  CVC4 1.8:      129  (..)": a prover that ran. */
static int read_prover(struct sc_log *log, const char *line)
{
    const char *name = line + strspn(line, " ");
    const size_t length = strcspn(name, ":");

    return strncmp(name, "Qed:", 4) == 0 ? 0 : add(&log->provers, name, length);
}

static void read_totals(struct sc_log *log, const struct place *place, const char *line)
{
    static const char prefix[] = "[wp] Proved goals:";
    long long proved = 0, goals = 0;

    if (strncmp(line, prefix, sizeof prefix - 1) != 0 ||
        sscanf(line + sizeof prefix - 1, "%lld / %lld", &proved, &goals) != 2) {
        return;
    }
    log->runs++;
    if (place->section == CANARY) {
        log->canary_goals += goals;
        log->canary_proved += proved;
    } else {
        log->goals += goals;
        log->proved += proved;
    }
}

/* Copies the text between the first two quotes of a line. */
static void quoted(const char *line, char name[SC_LOG_NAME_BYTES])
{
    const char *open = strchr(line, '\'');
    const size_t length = open == NULL ? 0 : strcspn(open + 1, "'");

    name[0] = '\0';
    if (open != NULL && length < SC_LOG_NAME_BYTES) {
        memcpy(name, open + 1, length);
        name[length] = '\0';
    }
}

/* Frama-C's report: what is considered valid without a proof. */
static int read_report(struct sc_log *log, struct place *place, const char *line)
{
    char text[2 * SC_LOG_NAME_BYTES];

    if (strncmp(line, "---", 3) == 0) {
        place->in_summary |= strstr(line, "Status Report Summary") != NULL;
        if (strstr(line, "Properties of Function") != NULL) {
            quoted(line, place->function);
        } else if (strstr(line, "Global Properties") != NULL) {
            place->function[0] = '\0';
        }
        return 0;
    }
    if (line[0] == '[') {
        place->property[0] = '\0';
        if (strstr(line, "Axiom '") != NULL) {
            quoted(line, place->property);
        }
        return 0;
    }
    if (place->in_summary != 0) {
        return 0;
    }
    if (strstr(line, "onsidered Valid") == NULL && strstr(line, "onsidered valid") == NULL) {
        return 0;
    }
    const int axiom = place->property[0] != '\0';
    const int length = snprintf(text, sizeof text, "%s %s", axiom ? "axiom" : "contract",
                                axiom ? place->property : place->function);
    return length < 0 ? -1 : add(&log->trusted, text, (size_t)length);
}

static int read_line(struct sc_log *log, struct place *place, const char *line)
{
    place->in_totals = strncmp(line, "[wp] Proved goals:", 18) == 0 ||
                       (place->in_totals && strncmp(line, "  ", 2) == 0);
    if (place->in_totals && line[0] == ' ') {
        return place->section == CANARY ? 0 : read_prover(log, line);
    }
    if (strncmp(line, "== seconds ", 11) == 0) {
        log->wall_s = strtod(line + 11, NULL);
        return 0;
    }
    if (strncmp(line, "== ", 3) == 0) {
        place->in_summary = 0;
        place->section = line[3] == 'f' ? FUNCTIONS : (line[3] == 'l' ? LEMMAS : CANARY);
        return 0;
    }
    if (strstr(line, "Warning") != NULL) {
        log->warnings++;
    }
    if (strncmp(line, "[wp] [Passed] Smoke-test", 24) == 0 && place->section != CANARY) {
        log->smoke++;
    }
    read_totals(log, place, line);
    if (strncmp(line, "[wp]", 4) == 0) {
        return read_goal(log, place, line);
    }
    return read_report(log, place, line);
}

enum sc_status sc_log_read(const char *path, struct sc_log *log, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    struct place place = {.section = NOWHERE};
    char line[LINE_BYTES];

    memset(log, 0, sizeof *log);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    while (status == SC_OK && fgets(line, sizeof line, file) != NULL) {
        if (read_line(log, &place, line) != 0) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory", path);
        }
    }
    if (status == SC_OK && ferror(file) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot read", path);
    }
    (void)fclose(file);
    if (status != SC_OK) {
        sc_log_destroy(log);
    }
    return status;
}

void sc_log_destroy(struct sc_log *log)
{
    free(log->goal_names.list);
    free(log->failed.list);
    free(log->trusted.list);
    free(log->provers.list);
    memset(log, 0, sizeof *log);
}
