#define LANES 16
#define ATTENTION attention_avx512
#include "head_tiles.h"
