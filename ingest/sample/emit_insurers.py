"""The three insurers' files: GB18030 CSV with a totals row, xlsx with a title row, `|`-separated text with `.ok`."""

from __future__ import annotations

import io
import zlib
from datetime import date, datetime, time

import pandas as pd
import xlsxwriter

from ingest.sample import days
from ingest.sample.money import yuan

PICC_HEADER = [
    "保单号",
    "批单号",
    "批改类型",
    "险种",
    "业务类型",
    "出单网点",
    "车架号",
    "车牌号",
    "被保险人",
    "联系电话",
    "签单日期",
    "起保日期",
    "终保日期",
    "签单保费",
    "车船税",
    "手续费率",
    "承保险别",
    "上年出险次数",
    "上年保单号",
]
EPOCH = datetime.combine(date(1970, 1, 1), time())
PINGAN_TITLE = "中国平安财产保险股份有限公司 车险清单"
PINGAN_HEADER = [
    "保单号码",
    "批单号码",
    "批改类别",
    "险类",
    "新续保标志",
    "网点代码",
    "车架号/VIN码",
    "号牌号码",
    "投保人名称",
    "手机号码",
    "签单时间",
    "保险起期",
    "保险止期",
    "保费合计",
    "代缴车船税",
    "佣金比例",
    "险别明细",
    "历史出险",
]
QUOTE_HEADER = ["报价单号", "网点代码", "车架号", "询价时间", "报价时间", "商业险保费", "交强险保费"]
DADI_HEADER = (
    "POLICY_NO|ENDOR_NO|ENDOR_TYPE|RISK_TYPE|BIZ_TYPE|BRANCH|VIN|PLATE|INSURED|MOBILE|SIGN_DATE|START_DATE|"
    "END_DATE|PREMIUM|TAX|COMM_RATE|COVERS"
)
DADI_OLD_HEADER = "PolicyNo|Risk|Branch|VIN|Plate|Insured|SignDate|StartDate|EndDate|Premium"

COVER_NAMES = {
    "CI": "交强险",
    "OD": "车辆损失险",
    "TPL": "第三者责任险",
    "DRV": "车上人员责任险(司机)",
    "PAX": "车上人员责任险(乘客)",
    "MED": "附加医保外用药",
    "SCR": "附加车身划痕",
    "EQP": "附加新增设备",
}
CHINESE = {
    "": "",
    "change": "一般批改",
    "cancellation": "退保",
    "commercial": "商业险",
    "compulsory": "交强险",
    "new_car": "新保",
    "first_here": "首次投保",
    "renewal": "续保",
    "transfer": "转保",
    "?": "其他(未分类)",
}
DADI_CODES = {
    "": "",
    "change": "E",
    "cancellation": "X",
    "commercial": "BI",
    "compulsory": "CI",
    "new_car": "N",
    "first_here": "F",
    "renewal": "R",
    "transfer": "T",
    "?": "ZZ",
}


def chinese_covers(rows: pd.DataFrame) -> list[str]:
    """Cover names joined by 、."""
    return ["、".join(COVER_NAMES[code] for code in codes.split("+")) for codes in rows["covers"]]


def picc_csv(rows: pd.DataFrame) -> bytes:
    """Insurer A's file of these rows, in their order; the last record is the totals row."""
    columns = [
        rows["policy_number"],
        rows["endorsement_number"],
        rows["endorsement_type"].map(CHINESE),
        rows["policy_kind"].map(CHINESE),
        rows["business_type"].map(CHINESE),
        rows["issuer"],
        rows["vin"],
        rows["plate"],
        rows["name"],
        rows["phone"],
        rows["signed_on"],
        rows["cover_starts_on"],
        rows["cover_ends_on"],
        yuan(rows["premium_fen"]),
        yuan(rows["tax_fen"]),
        rows["commission_rate"],
        chinese_covers(rows),
        rows["claims"].astype(str),
        rows["previous_policy_number"],
    ]
    total = [""] * len(PICC_HEADER)
    total[0], total[13] = "合计", yuan(pd.Series([int(rows["premium_fen"].sum())]))[0]
    lines = [",".join(PICC_HEADER), *map(",".join, zip(*columns, strict=True)), ",".join(total)]
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def cut_in_mid_row(content: bytes) -> bytes:
    """The first part of a GB18030 file, ending within a record: no line end, no totals row."""
    text = content.decode("gb18030")
    records = text.split("\r\n")
    whole = max(min(int(len(records) * 0.6), len(records) - 3), 0)  # a row of data, or else the header
    head = "\r\n".join(records[:whole])
    return (head + ("\r\n" if head else "") + records[whole][: len(records[whole]) // 2]).encode("gb18030")


def dadi_text(rows: pd.DataFrame, is_old_vintage: bool) -> bytes:
    """Insurer C's file of these rows, in their order; the old vintage has fewer columns and other names."""
    dates = [[value.replace("-", "") for value in rows[c]] for c in ("signed_on", "cover_starts_on", "cover_ends_on")]
    kind, premium = rows["policy_kind"].map(DADI_CODES), yuan(rows["premium_fen"])
    if is_old_vintage:
        columns = [
            rows["policy_number"],
            kind,
            rows["issuer"],
            rows["vin"],
            rows["plate"],
            rows["name"],
            *dates,
            premium,
        ]
        header = DADI_OLD_HEADER
    else:
        columns = [
            rows["policy_number"],
            rows["endorsement_number"],
            rows["endorsement_type"].map(DADI_CODES),
            kind,
            rows["business_type"].map(DADI_CODES),
            rows["issuer"],
            rows["vin"],
            rows["plate"],
            rows["name"],
            rows["phone"],
            *dates,
            premium,
            yuan(rows["tax_fen"]),
            rows["commission_rate"],
            rows["covers"],
        ]
        header = DADI_HEADER
    return ("\n".join([header, *map("|".join, zip(*columns, strict=True))]) + "\n").encode("utf-8")


def excel_day(text: str) -> float | str:
    """Excel's serial number of 'YYYY-MM-DD', or the text itself if there is no such day."""
    try:
        return float(days.day(date.fromisoformat(text)) + 25569)
    except ValueError:
        return text


def excel_time(text: str) -> float | str:
    """Excel's serial number of 'YYYY-MM-DD HH:MM:SS', or the text itself if there is no such time."""
    try:
        seconds = (datetime.fromisoformat(text) - EPOCH).total_seconds()
    except ValueError:
        return text
    return seconds / 86400 + 25569


def signing_times(rows: pd.DataFrame) -> list[float | str]:
    """Excel's serial number of the moment each row was signed, between 09:00 and 18:30, by its number; days that are none
    stay as they are."""
    digests = [zlib.crc32(f"{number}/{endorsement}".encode()) for number, endorsement in zip(
        rows["policy_number"], rows["endorsement_number"], strict=True)]  # fmt: skip
    signed = zip(map(excel_day, rows["signed_on"]), digests, strict=True)
    return [day if isinstance(day, str) else day + (9 * 3600 + digest % 34200) / 86400 for day, digest in signed]


def pingan_xlsx(policies: pd.DataFrame, quotes: pd.DataFrame, created: datetime) -> bytes:
    """Insurer B's workbook: sheet 保单 with a merged title above the header, sheet 报价; the same bytes each time."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"title": "车险清单", "created": created})
    heading = book.add_format({"bold": True, "align": "center"})
    day, moment = (
        book.add_format({"num_format": "yyyy-mm-dd"}),
        book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    )
    money = book.add_format({"num_format": "0.00"})
    sheet = book.add_worksheet("保单")
    sheet.merge_range(0, 0, 0, len(PINGAN_HEADER) - 1, PINGAN_TITLE, heading)
    columns = [
        policies["policy_number"],
        policies["endorsement_number"],
        policies["endorsement_type"].map(CHINESE),
        policies["policy_kind"].map(CHINESE),
        policies["business_type"].map(CHINESE),
        policies["issuer"],
        policies["vin"],
        policies["plate"],
        policies["name"],
        policies["phone"],
        signing_times(policies),
        map(excel_day, policies["cover_starts_on"]),
        map(excel_day, policies["cover_ends_on"]),
        policies["premium_fen"] / 100,
        policies["tax_fen"] / 100,
        policies["commission_rate"].astype(float),
        chinese_covers(policies),
        policies["claims"],
    ]
    formats = [None] * 10 + [moment, day, day] + [money, money, None, None, None]
    write_rows(sheet, 1, PINGAN_HEADER, columns, formats)
    sheet = book.add_worksheet("报价")
    columns = [
        quotes["quote_number"],
        quotes["store_code"],
        quotes["vin"],
        map(excel_time, quotes["requested_at"]),
        map(excel_time, quotes["quoted_at"]),
        [fen / 100 if fen >= 0 else "" for fen in quotes["commercial_fen"]],
        quotes["compulsory_fen"] / 100,
    ]
    write_rows(sheet, 0, QUOTE_HEADER, columns, [None, None, None, moment, moment, money, money])
    book.close()
    return stream.getvalue()


def write_rows(
    sheet: xlsxwriter.worksheet.Worksheet, top: int, header: list[str], columns: list, formats: list
) -> None:
    """A header and records below it; texts as texts, numbers as numbers, nothing for ''."""
    for at, label in enumerate(header):
        sheet.write_string(top, at, label)
    text, number = sheet.write_string, sheet.write_number
    for row, record in enumerate(zip(*columns, strict=True), start=top + 1):
        for at, value in enumerate(record):
            if value.__class__ is str:
                if value:
                    text(row, at, value)
            else:
                number(row, at, value, formats[at])
