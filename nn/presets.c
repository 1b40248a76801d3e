/* presets.c: architectures that have a name: the residual networks for 32x32 images of K. He, X.
 * Zhang, S. Ren, J. Sun ("Deep residual learning for image recognition", CVPR 2016, section 4.2):
 * 6 n + 2 layers, n blocks at each of three sizes. */
#include "nn/layer.h"

#include <string.h>

#define RESNET(n, rest)                                                                            \
    "CONV3x16b0-BN-RELU-(RES3x16)*" #n "-RES3x32s2-(RES3x32)*" #rest                               \
    "-RES3x64s2-(RES3x64)*" #rest "-GAP"

static const struct preset {
    const char *name, *arch;
} presets[] = {{"resnet20", RESNET(3, 2)},
               {"resnet32", RESNET(5, 4)},
               {"resnet44", RESNET(7, 6)},
               {"resnet56", RESNET(9, 8)}};

const char *wgi_arch_text(const char *arch) {
    if (!arch) return "";
    for (size_t i = 0; i < sizeof presets / sizeof *presets; ++i)
        if (strcmp(arch, presets[i].name) == 0) return presets[i].arch;
    return arch;
}
