/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plot/gnuplot.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_BYTES 4096 /* of what gnuplot says, the last are kept */
#define NOT_FOUND  127

static bool plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr(" ./_-+,=()|:<>", c) != NULL;
}

static void escape(FILE *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (plain(*c)) {
            (void)fputc(*c, out);
        } else {
            (void)fprintf(out, "\\%03o", *c);
        }
    }
}

void sc_gnuplot_quote(FILE *out, const char *text)
{
    (void)fputc('"', out);
    escape(out, text);
    (void)fputc('"', out);
}

void sc_gnuplot_quote_file(FILE *out, const char *name)
{
    (void)fputs("\"./", out);
    escape(out, name);
    (void)fputc('"', out);
}

/* In the child: never returns. */
static void become_gnuplot(const char *directory, char *path, char *setting, int said)
{
    char name[] = "gnuplot", defaults[] = "-d", before[] = "-e";
    char *arguments[] = {name, defaults, before, setting, path, NULL};

    if (chdir(directory) == 0 && dup2(said, STDERR_FILENO) >= 0 && dup2(said, STDOUT_FILENO) >= 0) {
        (void)execvp(name, arguments);
    }
    _exit(errno == ENOENT || errno == EACCES ? NOT_FOUND : 126);
}

/* The last line that is not empty, without its end. */
static const char *last_line(char *said)
{
    size_t length = strlen(said);

    while (length > 0 && strchr(" \t\r\n", said[length - 1]) != NULL) {
        said[--length] = '\0';
    }
    const char *line = strrchr(said, '\n');
    return line == NULL ? said : line + 1;
}

/* What the other end writes, to its end; of much, the last. */
static void read_all(int from, char said[SAID_BYTES])
{
    size_t used = 0;

    for (;;) {
        char piece[512];
        const ssize_t got = read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        if (used + (size_t)got >= SAID_BYTES) {
            const size_t kept = SAID_BYTES / 2;
            const size_t begin = used > kept ? used - kept : 0;
            memmove(said, said + begin, used - begin);
            used -= begin;
        }
        memcpy(said + used, piece, (size_t)got);
        used += (size_t)got;
    }
    said[used] = '\0';
}

static enum sc_status verdict(int state, char *said, struct sc_error *error)
{
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) {
        return SC_OK;
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == NOT_FOUND) {
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "plot: no gnuplot, expected it on the PATH (Debian: gnuplot-nox)");
    }
    const char *line = last_line(said);
    return sc_fail(error, SC_E_IO, "plot: gnuplot failed: %s",
                   line[0] == '\0' ? "without a word" : line);
}

enum sc_status sc_gnuplot_run(const char *directory, const char *script, const char *setting,
                              struct sc_error *error)
{
    const size_t room = strlen(script) + 3, before = strlen(setting) + 1;
    char *path = malloc(room), *first = malloc(before), said[SAID_BYTES] = "";
    int ends[2] = {-1, -1}, state = 0;
    enum sc_status status = SC_OK;

    if (path == NULL || first == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "plot: no memory for a name");
        goto done;
    }
    (void)snprintf(path, room, "./%s", script);
    memcpy(first, setting, before);
    if (pipe(ends) != 0) {
        status = sc_fail(error, SC_E_UNAVAILABLE, "plot: no pipe: %s", strerror(errno));
        goto done;
    }
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        become_gnuplot(directory, path, first, ends[1]);
    }
    (void)close(ends[1]);
    ends[1] = -1;
    if (child < 0) {
        status = sc_fail(error, SC_E_UNAVAILABLE, "plot: no process: %s", strerror(errno));
        goto done;
    }
    read_all(ends[0], said);
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    status = verdict(state, said, error);
done:
    for (int n = 0; n < 2; n++) {
        if (ends[n] >= 0) {
            (void)close(ends[n]);
        }
    }
    free(path);
    free(first);
    return status;
}
