/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plot/page.h"

#include "tools/plot/gnuplot.h"
#include "tools/plot/script.h"
#include "tools/report/replace.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX 4 /* ".svg" */

enum sc_status sc_plot_page_name(const char *svg, struct sc_error *error)
{
    const char *slash = strrchr(svg, '/');
    const size_t length = strlen(slash == NULL ? svg : slash + 1);

    return length <= SUFFIX || strcmp(svg + strlen(svg) - SUFFIX, ".svg") != 0
               ? sc_fail(error, SC_E_INPUT, "--plot: '%s', expected a name that ends in .svg", svg)
               : SC_OK;
}

/* The pieces of a picture's name. */
struct names {
    char *directory, *svg, *data, *script, *part;
};

static char *joined(const char *text, size_t bytes, const char *end)
{
    const size_t room = bytes + strlen(end) + 1;
    char *result = malloc(room);

    if (result != NULL) {
        (void)snprintf(result, room, "%.*s%s", (int)bytes, text, end);
    }
    return result;
}

static bool names_create(const char *svg, struct names *names)
{
    const char *slash = strrchr(svg, '/');
    const char *name = slash == NULL ? svg : slash + 1;
    const size_t stem = strlen(name) - SUFFIX;
    char end[40];

    (void)snprintf(end, sizeof end, ".svg.%ld.part", (long)getpid());
    *names =
        (struct names){slash == NULL ? joined(".", 1, "")
                                     : joined(svg, (size_t)(slash - svg), slash == svg ? "/" : ""),
                       joined(name, stem, ".svg"), joined(name, stem, ".dat"),
                       joined(name, stem, ".gp"), joined(name, stem, end)};
    return names->directory != NULL && names->svg != NULL && names->data != NULL &&
           names->script != NULL && names->part != NULL;
}

static void names_destroy(struct names *names)
{
    free(names->directory);
    free(names->svg);
    free(names->data);
    free(names->script);
    free(names->part);
}

/* A comment is one line whatever it holds. */
static void print_comment(FILE *out, const char *text)
{
    (void)fputs("# ", out);
    for (const char *c = text; *c != '\0'; c++) {
        (void)fputc((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c, out);
    }
    (void)fputc('\n', out);
}

static void print_data(const struct sc_plot_page *page, FILE *out)
{
    print_comment(out, page->comment);
    for (int32_t t = 0; t < page->tables_count; t++) {
        const struct sc_plot_table *table = &page->tables[t];
        (void)fputs(t > 0 ? "\n\n" : "", out);
        print_comment(out, table->title);
        (void)fputc('#', out);
        for (int32_t c = 0; c < table->columns_count; c++) {
            (void)fprintf(out, " %s", table->columns[c]);
        }
        (void)fputc('\n', out);
        for (int64_t r = 0; r < table->rows; r++) {
            for (int32_t c = 0; c < table->columns_count; c++) {
                const double value = table->values[r * table->columns_count + c];
                (void)fputs(c > 0 ? " " : "", out);
                (void)(isnan(value) ? fputs("?", out) : fprintf(out, "%.17g", value));
            }
            (void)fputc('\n', out);
        }
    }
}

/* One of the two files; `data` names the data file in the script. */
static enum sc_status write_text(const struct names *names, const struct sc_plot_page *page,
                                 bool script, struct sc_error *error)
{
    const char *name = script ? names->script : names->data;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    enum sc_status status = SC_OK;

    if (out == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory", name);
    }
    if (script) {
        sc_plot_script_print(page, names->data, names->svg, out);
    } else {
        print_data(page, out);
    }
    const bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory", name);
    }
    if (status == SC_OK) {
        status = sc_replace_file(names->directory, name, text, size, error);
    }
    free(text);
    return status;
}

/* gnuplot writes a temporary, which takes the picture's name when it is whole. */
static enum sc_status draw(const struct names *names, const char *svg, struct sc_error *error)
{
    char *setting = NULL, *part = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&setting, &size);
    const size_t room = strlen(names->directory) + strlen(names->part) + 2;
    enum sc_status status = SC_OK;

    part = malloc(room);
    if (out != NULL) {
        (void)fputs("sc_output = ", out);
        sc_gnuplot_quote_file(out, names->part);
    }
    if (out == NULL || fclose(out) != 0 || part == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory", svg);
        goto done;
    }
    (void)snprintf(part, room, "%s/%s", names->directory, names->part);
    status = sc_gnuplot_run(names->directory, names->script, setting, error);
    if (status == SC_OK && rename(part, svg) != 0) {
        status = sc_fail(error, SC_E_IO, "%s: cannot replace: %s", svg, strerror(errno));
    }
    if (status != SC_OK) {
        (void)remove(part);
    }
done:
    free(part);
    free(setting);
    return status;
}

enum sc_status sc_plot_page_draw(const char *svg, const struct sc_plot_page *page,
                                 struct sc_error *error)
{
    struct names names = {.directory = NULL};
    enum sc_status status = sc_plot_page_name(svg, error);

    if (status == SC_OK && !names_create(svg, &names)) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory", svg);
    }
    if (status == SC_OK) {
        status = write_text(&names, page, false, error);
    }
    if (status == SC_OK) {
        status = write_text(&names, page, true, error);
    }
    if (status == SC_OK) {
        status = draw(&names, svg, error);
    }
    names_destroy(&names);
    return status;
}
