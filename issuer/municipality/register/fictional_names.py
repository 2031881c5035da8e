"""Names, towns and nationalities for a fictional city.  Common names, combined by chance; no list of real people."""

from __future__ import annotations

from typing import Final

Name = tuple[str, str]
"""Written form and full-width katakana."""

_FAMILY_NAMES = """
佐藤サトウ 鈴木スズキ 高橋タカハシ 田中タナカ 伊藤イトウ 渡辺ワタナベ 山本ヤマモト 中村ナカムラ 小林コバヤシ 加藤カトウ 吉田ヨシダ
山田ヤマダ 佐々木ササキ 山口ヤマグチ 松本マツモト 井上イノウエ 木村キムラ 林ハヤシ 斎藤サイトウ 清水シミズ 山崎ヤマザキ 森モリ
池田イケダ 橋本ハシモト 阿部アベ 石川イシカワ 山下ヤマシタ 中島ナカジマ 石井イシイ 小川オガワ 前田マエダ 岡田オカダ 長谷川ハセガワ
藤田フジタ 後藤ゴトウ 近藤コンドウ 村上ムラカミ 遠藤エンドウ 青木アオキ 坂本サカモト 福田フクダ 太田オオタ 西村ニシムラ 藤井フジイ
金子カネコ 岡本オカモト 藤原フジワラ 三浦ミウラ 中野ナカノ 中川ナカガワ 原田ハラダ 松田マツダ 竹内タケウチ 小野オノ 田村タムラ
中山ナカヤマ 和田ワダ 石田イシダ 森田モリタ 上田ウエダ 原ハラ 内田ウチダ 柴田シバタ 酒井サカイ 宮崎ミヤザキ 横山ヨコヤマ 高木タカギ
安藤アンドウ 宮本ミヤモト 大野オオノ 小島コジマ 工藤クドウ 谷口タニグチ 今井イマイ 高田タカダ 増田マスダ 丸山マルヤマ 杉山スギヤマ
村田ムラタ 大塚オオツカ 新井アライ 小山コヤマ 平野ヒラノ 藤本フジモト 河野コウノ 上野ウエノ 野口ノグチ 武田タケダ 松井マツイ 千葉チバ
菅原スガワラ 岩崎イワサキ 久保クボ 木下キノシタ 佐野サノ 野村ノムラ 松尾マツオ 市川イチカワ 菊地キクチ 杉本スギモト 古川フルカワ
"""

_MEN = """
昭アキラ 茂シゲル 勇イサム 清キヨシ 正マサシ 進ススム 博ヒロシ 誠マコト 隆タカシ 修オサム 浩ヒロシ 明アキラ 豊ユタカ 実ミノル 学マナブ
剛ツヨシ 聡サトシ 健一ケンイチ 大輔ダイスケ 翔太ショウタ 拓也タクヤ 直樹ナオキ 健太ケンタ 達也タツヤ 雄大ユウダイ 和也カズヤ 大樹ダイキ
亮リョウ 翼ツバサ 陸リク 蓮レン 湊ミナト 樹イツキ 悠真ユウマ 陽翔ハルト 颯太ソウタ 大和ヤマト 朝陽アサヒ 律リツ 蒼アオイ 新アラタ
一郎イチロウ 三郎サブロウ 幸雄ユキオ 義男ヨシオ
"""

_WOMEN = """
和子カズコ 幸子サチコ 節子セツコ 洋子ヨウコ 恵子ケイコ 京子キョウコ 文子フミコ 久子ヒサコ 美代子ミヨコ 由美子ユミコ 真由美マユミ
明美アケミ 久美子クミコ 智子トモコ 裕子ユウコ 陽子ヨウコ 直美ナオミ 香織カオリ 愛アイ 美咲ミサキ 彩アヤ 舞マイ 葵アオイ 麻衣マイ
遥ハルカ 七海ナナミ 萌モエ 結衣ユイ 陽菜ヒナ 凛リン 紬ツムギ 芽依メイ 咲良サクラ 莉子リコ 心春コハル 杏アン 結月ユヅキ 千代チヨ ハナハナ
キヨキヨ フミフミ 澄子スミコ 栄子エイコ 房子フサコ
"""

GAIJI_FAMILY_NAMES: Final = (
    ("髙橋", "タカハシ"),
    ("山﨑", "ヤマサキ"),
    ("𠮷田", "ヨシダ"),
    ("渡邉\U000e0107", "ワタナベ"),
    ("渡邊\U000e0102", "ワタナベ"),
    ("葛\U000e0101城", "カツラギ"),
    ("辻\U000e0100村", "ツジムラ"),
    ("榊\U000e0101原", "サカキバラ"),
    ("大\ufa10", "オオツカ"),
    ("\ufa19谷", "カミヤ"),
    ("桒原", "クワハラ"),
    ("栁澤", "ヤナギサワ"),
    ("濵﨑", "ハマサキ"),
)
"""Written with IVS, CJK compatibility ideographs, the supplementary plane and variants: nothing may be normalised."""


def _parse(text: str) -> tuple[Name, ...]:
    """Part each word where its trailing katakana begins; a name that is katakana itself stands twice."""
    found = []
    for word in text.split():
        cut = next(place for place, character in enumerate(word) if "ァ" <= character <= "ー" and word[place:].isalpha())
        found.append((word[: len(word) // 2], word[len(word) // 2 :]) if cut == 0 else (word[:cut], word[cut:]))
    return tuple(found)


FAMILY_NAMES: Final = _parse(_FAMILY_NAMES)
MEN: Final = _parse(_MEN)
WOMEN: Final = _parse(_WOMEN)

TOWNS: Final = (
    ("本町一丁目", "9990001", "0001001"),
    ("本町二丁目", "9990001", "0001002"),
    ("割符台一丁目", "9990002", "0002001"),
    ("割符台二丁目", "9990002", "0002002"),
    ("合札町", "9990003", "0003000"),
    ("宿場", "9990004", "0004000"),
    ("川端町一丁目", "9990005", "0005001"),
    ("川端町三丁目", "9990005", "0005003"),
    ("大字証", "9990006", "0006000"),
    ("関所前", "9990007", "0007000"),
    ("港南", "9990008", "0008000"),
    ("北新田", "9990009", "0009000"),
)
"""Town, postal code (999-00xx is not assigned) and 町字ID of the fictional city."""

BUILDINGS: Final = ("割符ハイツ", "コーポ合札", "メゾン関所", "第二宿場マンション", "川端団地３号棟")

FORMER_PLACES: Final = (
    "東京都隣町市元町一丁目２番３号",
    "東京都隣町市駅前４番地",
    "東京都割符市旧市街８番地１",
    "大韓民国ソウル特別市",
    "ベトナム社会主義共和国ハノイ市",
)
"""Where people came from: fictional municipalities first, places abroad last."""

LATIN_NAMES: Final = {
    "VNM": ("ベトナム", ("NGUYEN", "TRAN", "LE", "PHAM"), ("VAN MINH", "THI MAI", "THI LAN", "DUC ANH")),
    "CHN": ("中国", ("WANG", "LI", "ZHANG", "CHEN"), ("WEI", "FANG", "JIE", "XIAOMING")),
    "KOR": ("韓国", ("KIM", "LEE", "PARK", "CHOI"), ("MINJUN", "SEOYEON", "JIHO", "HAEUN")),
    "PHL": ("フィリピン", ("SANTOS", "REYES", "CRUZ"), ("MARIA LUISA", "JOSE MIGUEL", "ANGELICA")),
    "BRA": ("ブラジル", ("SILVA", "OLIVEIRA", "SOUZA"), ("LUCAS", "ANA CLARA", "JOAO PEDRO")),
    "NPL": ("ネパール", ("GURUNG", "SHRESTHA", "TAMANG"), ("BISHAL", "SITA", "RAM BAHADUR")),
    "USA": ("米国", ("SMITH", "JOHNSON", "MILLER"), ("EMILY ROSE", "DANIEL", "GRACE")),
}
"""Nationality code → (国籍・地域, family names, given names)."""

STAYS: Final = (
    ("技術・人文知識・国際業務", "３年", 3),
    ("留学", "２年", 2),
    ("特定技能１号", "１年", 1),
    ("家族滞在", "３年", 3),
    ("日本人の配偶者等", "５年", 5),
    ("永住者", "無期限", 0),
)
"""在留資格, 在留期間, its years (0: none)."""
