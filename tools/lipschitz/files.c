/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/files.h"

#include "spec/mask.h"
#include "tools/input/decode.h"

#include <stdlib.h>

enum sc_status sc_lipschitz_load(const char *file, struct sc_tensor *tensor, double **values,
                                 struct sc_error *error)
{
    enum sc_format format;
    enum sc_status status = sc_tensor_load(file, false, tensor, error);

    if (status != SC_OK) {
        return status;
    }
    if (tensor->type != SC_TENSOR_FP64) {
        status = sc_decode_format(file, tensor, &format, error);
    }
    *values = malloc((size_t)tensor->count * sizeof **values + 1);
    if (status == SC_OK && *values == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for %lld values", file,
                         (long long)tensor->count);
    }
    for (int64_t n = 0; status == SC_OK && n < tensor->count; n++) {
        (*values)[n] = tensor->type == SC_TENSOR_FP64 ? ((const double *)tensor->data)[n]
                                                      : sc_decode_element(tensor, n);
    }
    return status;
}

enum sc_status sc_lipschitz_load_matrix(const char *option, const char *file, int64_t *rows,
                                        int64_t *columns, double **values, struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};
    enum sc_status status = SC_OK;

    if (file == NULL) {
        return sc_fail(error, SC_E_INPUT, "no --%s, expected FILE (see --help)", option);
    }
    status = sc_lipschitz_load(file, &tensor, values, error);
    if (status == SC_OK && (tensor.rank != 2 || tensor.shape[0] < 1 || tensor.shape[1] < 1 ||
                            tensor.shape[0] > SC_LENGTH_MAX || tensor.shape[1] > SC_LENGTH_MAX)) {
        status = sc_fail(error, SC_E_INPUT, "%s: --%s, expected a matrix", file, option);
    }
    if (status == SC_OK && ((*rows != 0 && tensor.shape[0] != *rows) ||
                            (*columns != 0 && tensor.shape[1] != *columns))) {
        status = sc_fail(error, SC_E_INPUT, "%s: --%s is [%lld, %lld], expected [%lld, %lld]%s",
                         file, option, (long long)tensor.shape[0], (long long)tensor.shape[1],
                         (long long)*rows, (long long)*columns,
                         *rows == 0 || *columns == 0 ? " (0: any)" : "");
    }
    if (status == SC_OK) {
        *rows = tensor.shape[0];
        *columns = tensor.shape[1];
    }
    sc_tensor_destroy(&tensor);
    return status;
}

enum sc_status sc_lipschitz_load_vector(const char *option, const char *file, int64_t count,
                                        double **values, struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};

    if (file == NULL) {
        return SC_OK;
    }
    enum sc_status status = sc_lipschitz_load(file, &tensor, values, error);
    if (status == SC_OK && (tensor.rank != 1 || tensor.count != count)) {
        status = sc_fail(error, SC_E_INPUT, "%s: --%s, expected %lld values in one dimension", file,
                         option, (long long)count);
    }
    sc_tensor_destroy(&tensor);
    return status;
}
