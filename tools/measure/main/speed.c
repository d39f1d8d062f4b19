/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/measure.h"

int main(int argc, char **argv)
{
    return sc_measure_speed(argc, argv);
}
