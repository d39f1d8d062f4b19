/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/safetensors.h"
#include "fuzz/parsers/parser.h"

/* The first byte says whether a tensor is asked for by name, the others are the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sc_bytes bytes;
    struct sc_tensor tensor;

    if (size == 0) {
        return 0;
    }
    sc_bytes_wrap("input", data + 1, size - 1, &bytes);
    if (sc_safetensors_read(&bytes, data[0] % 2 == 1 ? "q" : NULL, &tensor, NULL) == SC_OK) {
        sc_parser_expect(sc_tensor_check(&tensor, "input", NULL) == SC_OK);
        sc_parser_expect(tensor.size_bytes < size);
        sc_tensor_destroy(&tensor);
    }
    return 0;
}
