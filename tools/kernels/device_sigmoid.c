/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/device_sigmoid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS (UINT32_MAX / SC_DEVICE_SIGMOID_BLOCK + 1)

static float *blocks[BLOCKS]; /* NULL: not asked for yet */

static float *ask(uint32_t block)
{
    float *values = malloc(SC_DEVICE_SIGMOID_BLOCK * sizeof *values);
    const int code =
        values != NULL ? sc_device_sigmoid_block(block * SC_DEVICE_SIGMOID_BLOCK, values) : -1;

    if (code != 0) {
        (void)fprintf(stderr, "device: the activation of a block of numbers: %s (%d)\n",
                      values == NULL ? "no memory" : "CUDA error", code);
        exit(3);
    }
    return values;
}

float sc_device_sigmoid(float s)
{
    uint32_t bits;

    memcpy(&bits, &s, sizeof bits);
    const uint32_t block = bits / SC_DEVICE_SIGMOID_BLOCK;
    if (blocks[block] == NULL) {
        blocks[block] = ask(block);
    }
    return blocks[block][bits % SC_DEVICE_SIGMOID_BLOCK];
}
