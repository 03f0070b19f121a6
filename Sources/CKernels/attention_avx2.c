#define LANES 8
#define ATTENTION attention_avx2
#include "head_tiles.h"
