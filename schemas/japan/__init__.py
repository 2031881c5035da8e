"""What Japanese registers write: numbers with check digits, dates in eras, names, relationships, causes of change.

====================  =================================================================
module                source
====================  =================================================================
``codes``             個人番号, 住民票コード, 全国地方公共団体コード, 法人番号
``eras``, ``dates``   和暦, the 14 forms of dates not known (住民記録システム標準仕様書 1.1.8)
``approximate``       ISO 8601-2 (EDTF) and the mask of ISO/IEC 23220-2
``ages``              年齢計算ニ関スル法律
``characters``        names with ideographic variation sequences; furigana; search keys
``relationships``     続柄 (1.1.11)
``events``            異動事由 (1.2.2)
====================  =================================================================

STD in clauses means 住民記録システム標準仕様書, edition 1.0.
"""

from schemas.japan.ages import age_over, next_age_change, next_birthday
from schemas.japan.dates import JapaneseDate

__all__ = ["JapaneseDate", "age_over", "next_age_change", "next_birthday"]
