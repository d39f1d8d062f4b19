/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/machine.h"

#include <ctype.h>
#include <glob.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The text after ':' of the first line of `path` that begins with `key`; unchanged if none. */
static void find_value(const char *path, const char *key, char *value, size_t room)
{
    char line[512];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) == 0 && colon != NULL) {
            colon++;
            colon += strspn(colon, " \t");
            colon[strcspn(colon, "\n")] = '\0';
            (void)snprintf(value, room, "%s", colon);
            break;
        }
    }
    (void)fclose(file);
}

/* The version is the first word of "NVIDIA UNIX ... Kernel Module ... 550.54.14 ..." that begins
 * with a digit. */
static void find_driver(char *driver, size_t room)
{
    char text[256] = "";

    find_value("/proc/driver/nvidia/version", "NVRM version", text, sizeof text);
    for (char *word = strtok(text, " \t"); word != NULL; word = strtok(NULL, " \t")) {
        if (isdigit((unsigned char)word[0])) {
            (void)snprintf(driver, room, "%s", word);
            return;
        }
    }
}

void sc_machine_find(struct sc_machine *machine)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    glob_t found = {0};

    (void)strcpy(machine->cpu, "unknown");
    (void)strcpy(machine->gpu, "unknown");
    (void)strcpy(machine->driver, "unknown");
    find_value("/proc/cpuinfo", "model name", machine->cpu, sizeof machine->cpu);
    machine->cores = cores < 1 ? 1 : cores;
    machine->has_gpu = access("/proc/driver/nvidia/version", F_OK) == 0;
    if (!machine->has_gpu) {
        return;
    }
    find_driver(machine->driver, sizeof machine->driver);
    if (glob("/proc/driver/nvidia/gpus/*/information", 0, NULL, &found) == 0) {
        find_value(found.gl_pathv[0], "Model", machine->gpu, sizeof machine->gpu);
        globfree(&found);
    }
}
