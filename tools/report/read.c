/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/read.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (16 << 20)
#define SECONDS_MAX    1e9
#define PATH_SHOWN     200 /* so that the field always fits an error, too */

/* Where in the file the reader is, for messages: "checks[3].", or "" at the top. */
struct place {
    const char *path;
    char inside[48];
    struct sc_error *error;
};

static enum sc_status wrong(const struct place *at, const char *field, const char *expected)
{
    return sc_fail(at->error, SC_E_INPUT, "%s: %s%.60s: expected %s", at->path, at->inside, field,
                   expected);
}

/* Each key of `object` is one of `names` (NULL-terminated). */
static enum sc_status only(const struct place *at, json_t *object, const char *const *names)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        size_t n = 0;
        while (names[n] != NULL && strcmp(names[n], key) != 0) {
            n++;
        }
        if (names[n] == NULL) {
            return wrong(at, key, "no such field");
        }
    }
    return SC_OK;
}

static enum sc_status member(const struct place *at, json_t *object, const char *name,
                             json_type type, const char *expected, json_t **found)
{
    json_t *const value = json_object_get(object, name);

    if (value == NULL) {
        return sc_fail(at->error, SC_E_INPUT, "%s: %s%s: missing, expected %s", at->path,
                       at->inside, name, expected);
    }
    if (json_typeof(value) != type) {
        return wrong(at, name, expected);
    }
    *found = value;
    return SC_OK;
}

static enum sc_status text(const struct place *at, json_t *object, const char *name, bool may_empty,
                           const char **found)
{
    json_t *value = NULL;
    const char *const expected = may_empty ? "a text" : "a text that is not empty";
    const enum sc_status status = member(at, object, name, JSON_STRING, expected, &value);

    if (status != SC_OK) {
        return status;
    }
    if (!may_empty && json_string_length(value) == 0) {
        return wrong(at, name, expected);
    }
    *found = json_string_value(value);
    return SC_OK;
}

static enum sc_status boolean(const struct place *at, json_t *object, const char *name, bool *found)
{
    json_t *const value = json_object_get(object, name);

    if (!json_is_boolean(value)) {
        return wrong(at, name, "true or false");
    }
    *found = json_is_true(value);
    return SC_OK;
}

/* Whether `value` is a finite number that a double holds: a larger integer would be rounded, and could
 * then meet a goal that it does not meet. */
static bool is_number(const json_t *value)
{
    const json_int_t exact = (json_int_t)1 << 53;

    if (json_is_integer(value)) {
        return json_integer_value(value) >= -exact && json_integer_value(value) <= exact;
    }
    return json_is_real(value) && isfinite(json_real_value(value));
}

static enum sc_status number(const struct place *at, json_t *object, const char *name,
                             double *found)
{
    json_t *const value = json_object_get(object, name);

    if (!is_number(value)) {
        return wrong(at, name, "a finite number, an integer in [-2^53, 2^53]");
    }
    *found = json_number_value(value);
    return SC_OK;
}

static enum sc_status duration(const struct place *at, json_t *object, double *found)
{
    double seconds = 0;
    const enum sc_status status = number(at, object, "seconds", &seconds);

    if (status != SC_OK) {
        return status;
    }
    if (seconds < 0 || seconds > SECONDS_MAX) {
        return wrong(at, "seconds", "a number in [0, 1e9]");
    }
    *found = seconds;
    return SC_OK;
}

static enum sc_status status_word(const struct place *at, json_t *object,
                                  enum sc_evidence_status *found)
{
    const char *word = NULL;
    const enum sc_status status = text(at, object, "status", false, &word);

    if (status != SC_OK) {
        return status;
    }
    for (int s = SC_EVIDENCE_PASS; s <= SC_EVIDENCE_SKIPPED; s++) {
        if (strcmp(word, sc_evidence_status_word((enum sc_evidence_status)s)) == 0) {
            *found = (enum sc_evidence_status)s;
            return SC_OK;
        }
    }
    return wrong(at, "status", "pass, fail or skipped");
}

/* The two digits at `text`. */
static int pair(const char *text)
{
    return 10 * (text[0] - '0') + (text[1] - '0');
}

/* 2026-11-24T10:00:00Z; the length of the month is not looked at. */
static bool time_valid(const char *time)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";

    if (strlen(time) != sizeof form - 1) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        const bool digit = time[i] >= '0' && time[i] <= '9';
        if (form[i] == 'd' ? !digit : time[i] != form[i]) {
            return false;
        }
    }
    return pair(time + 5) >= 1 && pair(time + 5) <= 12 && pair(time + 8) >= 1 &&
           pair(time + 8) <= 31 && pair(time + 11) < 24 && pair(time + 14) < 60 &&
           pair(time + 17) < 60;
}

static enum sc_status read_source(struct place *at, json_t *root, struct sc_source *source)
{
    static const char *const fields[] = {"commit", "dirty", NULL};
    const char *commit = NULL;
    json_t *object = NULL;
    enum sc_status status = member(at, root, "source", JSON_OBJECT, "an object", &object);

    if (status != SC_OK) {
        return status;
    }
    (void)strcpy(at->inside, "source.");
    status = only(at, object, fields);
    if (status == SC_OK) {
        status = text(at, object, "commit", false, &commit);
    }
    if (status == SC_OK && !sc_source_commit_valid(commit)) {
        status = wrong(at, "commit", "40 or 64 hex digits or \"unknown\"");
    }
    if (status == SC_OK) {
        status = boolean(at, object, "dirty", &source->dirty);
    }
    if (status == SC_OK) {
        (void)strcpy(source->commit, commit);
    }
    at->inside[0] = '\0';
    return status;
}

static enum sc_status read_machine(struct place *at, json_t *root)
{
    static const char *const fields[] = {"cpu", "cores", "gpu", "driver", NULL};
    const char *cpu = NULL;
    json_t *object = NULL;
    enum sc_status status = member(at, root, "machine", JSON_OBJECT, "an object", &object);

    if (status != SC_OK) {
        return status;
    }
    (void)strcpy(at->inside, "machine.");
    status = only(at, object, fields);
    if (status == SC_OK) {
        status = text(at, object, "cpu", false, &cpu);
    }
    if (status == SC_OK && json_integer_value(json_object_get(object, "cores")) < 1) {
        status = wrong(at, "cores", "an integer of at least 1");
    }
    for (size_t f = 2; status == SC_OK && fields[f] != NULL; f++) {
        json_t *const value = json_object_get(object, fields[f]);
        if (!json_is_null(value) && !json_is_string(value)) {
            status = wrong(at, fields[f], "a text or null");
        }
    }
    at->inside[0] = '\0';
    return status;
}

static enum sc_status read_tools(struct place *at, json_t *root)
{
    const char *key;
    json_t *value;
    json_t *object = NULL;
    const enum sc_status status = member(at, root, "tools", JSON_OBJECT, "an object", &object);

    if (status != SC_OK) {
        return status;
    }
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value)) {
            (void)strcpy(at->inside, "tools.");
            return wrong(at, key, "a text");
        }
    }
    return SC_OK;
}

static enum sc_status read_check(struct place *at, json_t *object, struct sc_read_check *check)
{
    static const char *const fields[] = {"name", "status", "seconds", "detail", NULL};
    enum sc_status status = only(at, object, fields);

    if (status == SC_OK) {
        status = text(at, object, "name", false, &check->name);
    }
    if (status == SC_OK) {
        status = status_word(at, object, &check->status);
    }
    if (status == SC_OK) {
        status = duration(at, object, &check->seconds);
    }
    if (status == SC_OK) {
        const bool reason = check->status == SC_EVIDENCE_SKIPPED;
        status = text(at, object, "detail", !reason, &check->detail);
    }
    return status;
}

/* The goal of a figure, if it has one, and that `met` is what value and goal say. */
static enum sc_status read_goal(struct place *at, json_t *object, struct sc_read_figure *figure)
{
    json_t *const goal = json_object_get(object, "goal");
    bool met = true;

    figure->kind = SC_EVIDENCE_NONE;
    figure->met = true;
    if (goal == NULL) {
        return json_object_get(object, "met") == NULL ? SC_OK
                                                      : wrong(at, "met", "no such field: no goal");
    }
    for (int k = SC_EVIDENCE_AT_LEAST; k <= SC_EVIDENCE_EQUAL; k++) {
        const enum sc_evidence_goal kind = (enum sc_evidence_goal)k;
        json_t *const value = json_object_get(goal, sc_evidence_goal_word(kind));
        if (is_number(value)) {
            figure->kind = kind;
            figure->goal = json_number_value(value);
        }
    }
    if (json_object_size(goal) != 1 || figure->kind == SC_EVIDENCE_NONE) {
        return wrong(at, "goal", "one number, at_least, at_most or equal");
    }
    const enum sc_status status = boolean(at, object, "met", &met);
    if (status != SC_OK) {
        return status;
    }
    figure->met = sc_evidence_goal_met(figure->kind, figure->value, figure->goal);
    return met == figure->met ? SC_OK : wrong(at, "met", "what value and goal say");
}

static enum sc_status read_figure(struct place *at, json_t *object, struct sc_read_figure *figure)
{
    static const char *const fields[] = {"name", "value", "unit", "goal", "met", "spread", NULL};
    json_t *const spread = json_object_get(object, "spread");
    enum sc_status status = only(at, object, fields);

    if (status == SC_OK) {
        status = text(at, object, "name", false, &figure->name);
    }
    if (status == SC_OK) {
        status = number(at, object, "value", &figure->value);
    }
    if (status == SC_OK) {
        status = text(at, object, "unit", false, &figure->unit);
    }
    if (status == SC_OK) {
        status = read_goal(at, object, figure);
    }
    if (status == SC_OK && spread != NULL) {
        json_t *const low = json_array_get(spread, 0);
        json_t *const high = json_array_get(spread, 1);
        if (json_array_size(spread) != 2 || !is_number(low) || !is_number(high) ||
            json_number_value(low) > json_number_value(high)) {
            status = wrong(at, "spread", "two numbers, the least first");
        }
    }
    return status;
}

static enum sc_status read_lists(struct place *at, json_t *root, struct sc_read_evidence *evidence)
{
    json_t *checks = NULL;
    json_t *figures = NULL;
    enum sc_status status = member(at, root, "checks", JSON_ARRAY, "a list", &checks);

    if (status == SC_OK) {
        status = member(at, root, "figures", JSON_ARRAY, "a list", &figures);
    }
    if (status != SC_OK) {
        return status;
    }
    evidence->n_checks = json_array_size(checks);
    evidence->n_figures = json_array_size(figures);
    evidence->checks = calloc(evidence->n_checks + 1, sizeof *evidence->checks);
    evidence->figures = calloc(evidence->n_figures + 1, sizeof *evidence->figures);
    if (evidence->checks == NULL || evidence->figures == NULL) {
        return sc_fail(at->error, SC_E_MEMORY, "%s: no memory", at->path);
    }
    for (size_t i = 0; status == SC_OK && i < evidence->n_checks; i++) {
        struct sc_read_check *const check = &evidence->checks[i];
        (void)snprintf(at->inside, sizeof at->inside, "checks[%zu].", i);
        status = read_check(at, json_array_get(checks, i), check);
        evidence->passed += check->status == SC_EVIDENCE_PASS;
        evidence->failed += check->status == SC_EVIDENCE_FAIL;
        evidence->skipped += check->status == SC_EVIDENCE_SKIPPED;
    }
    for (size_t i = 0; status == SC_OK && i < evidence->n_figures; i++) {
        (void)snprintf(at->inside, sizeof at->inside, "figures[%zu].", i);
        status = read_figure(at, json_array_get(figures, i), &evidence->figures[i]);
    }
    at->inside[0] = '\0';
    return status;
}

/* The parts that must agree with each other: status with checks, `why` with status, stage with the
 * name of the file. A file that contradicts itself was not written by a stage. */
static enum sc_status agree(const struct place *at, const char *path, json_t *root,
                            struct sc_read_evidence *evidence)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash == NULL ? path : slash + 1;
    const size_t length = strlen(evidence->stage);

    if (!sc_evidence_stage_valid(evidence->stage) || strncmp(base, evidence->stage, length) != 0 ||
        strcmp(base + length, ".json") != 0) {
        return wrong(at, "stage", "the name of the file without .json");
    }
    if (evidence->status !=
        sc_evidence_verdict(evidence->passed, evidence->failed, evidence->skipped)) {
        return wrong(at, "status", "what the checks say");
    }
    if (evidence->status == SC_EVIDENCE_PASS) {
        return json_object_get(root, "why") == NULL ? SC_OK
                                                    : wrong(at, "why", "no such field in a pass");
    }
    return text(at, root, "why", false, &evidence->why);
}

static enum sc_status read_root(struct place *at, const char *path, json_t *root,
                                struct sc_read_evidence *evidence)
{
    static const char *const fields[] = {"schema",  "stage",   "status", "why",     "command",
                                         "started", "seconds", "source", "machine", "tools",
                                         "checks",  "figures", NULL};
    json_t *const schema = json_object_get(root, "schema");
    enum sc_status status = SC_OK;

    if (!json_is_object(root)) {
        return sc_fail(at->error, SC_E_INPUT, "%s: not an object, expected evidence", at->path);
    }
    if (!json_is_integer(schema) || json_integer_value(schema) != SC_EVIDENCE_SCHEMA) {
        return wrong(at, "schema", "1");
    }
    status = only(at, root, fields);
    if (status == SC_OK) {
        status = text(at, root, "stage", false, &evidence->stage);
    }
    if (status == SC_OK) {
        status = status_word(at, root, &evidence->status);
    }
    if (status == SC_OK) {
        status = text(at, root, "command", false, &evidence->command);
    }
    if (status == SC_OK) {
        status = text(at, root, "started", false, &evidence->started);
    }
    if (status == SC_OK && !time_valid(evidence->started)) {
        status = wrong(at, "started", "a time like 2026-11-24T10:00:00Z");
    }
    if (status == SC_OK) {
        status = duration(at, root, &evidence->seconds);
    }
    if (status == SC_OK) {
        status = read_source(at, root, &evidence->source);
    }
    if (status == SC_OK) {
        status = read_machine(at, root);
    }
    if (status == SC_OK) {
        status = read_tools(at, root);
    }
    if (status == SC_OK) {
        status = read_lists(at, root, evidence);
    }
    return status == SC_OK ? agree(at, path, root, evidence) : status;
}

/* A file that may grow while it is read. */
struct bounded {
    int handle;
    size_t left; /* bytes that may still be read */
    bool failed; /* too long, or an error of the system */
};

/* Feeds the parser of JSON; its failure value is SIZE_MAX. */
static size_t feed(void *buffer, size_t size, void *data)
{
    struct bounded *const file = data;
    ssize_t got;

    do {
        got = read(file->handle, buffer, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0 || (size_t)got > file->left) {
        file->failed = true;
        return (size_t)-1;
    }
    file->left -= (size_t)got;
    return (size_t)got;
}

/* The JSON of a file; what is not a regular file is never waited for. */
static enum sc_status load(const struct place *at, const char *path, json_t **root)
{
    enum sc_status status = SC_OK;
    struct stat facts;
    json_error_t problem;
    const int handle = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (handle < 0) {
        return sc_fail(at->error, SC_E_IO, "%s: cannot open: %s", at->path, strerror(errno));
    }
    if (fstat(handle, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size > FILE_BYTES_MAX) {
        status = sc_fail(at->error, SC_E_INPUT, "%s: expected a regular file of at most 16 MiB",
                         at->path);
        goto done;
    }
    struct bounded file = {handle, FILE_BYTES_MAX, false};
    *root = json_load_callback(feed, &file, JSON_REJECT_DUPLICATES, &problem);
    if (*root == NULL && file.failed) {
        status = sc_fail(at->error, SC_E_IO, "%s: cannot read, or it grew past 16 MiB", at->path);
    } else if (*root == NULL) {
        status = sc_fail(at->error, SC_E_INPUT, "%s: line %d: not JSON: %.120s", at->path,
                         problem.line, problem.text);
    }
done:
    (void)close(handle);
    return status;
}

enum sc_status sc_read_create(const char *path, struct sc_read_evidence **evidence,
                              struct sc_error *error)
{
    const size_t length = strlen(path);
    struct place at = {path + (length > PATH_SHOWN ? length - PATH_SHOWN : 0), "", error};
    struct sc_read_evidence *made = calloc(1, sizeof *made);
    enum sc_status status;

    if (made == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory", at.path);
    }
    status = load(&at, path, &made->root);
    if (status == SC_OK) {
        status = read_root(&at, path, made->root, made);
    }
    if (status != SC_OK) {
        sc_read_destroy(made);
        return status;
    }
    *evidence = made;
    return SC_OK;
}

void sc_read_destroy(struct sc_read_evidence *evidence)
{
    if (evidence == NULL) {
        return;
    }
    free(evidence->checks);
    free(evidence->figures);
    json_decref(evidence->root);
    free(evidence);
}
