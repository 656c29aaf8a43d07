"""Exports that no spec knows, written by hand from how such systems name and pack things, and what they should become."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import openpyxl

ROWS = 12
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def vin(n: int) -> str:
    return f"LFV2A21K{n % 10}E{3000000 + n * 137:07d}"


def plate(n: int) -> str:
    return f"陕A{LETTERS[n % 20]}{1000 + n * 71}"


def phone(n: int) -> str:
    return f"139{10000000 + n * 12347}"


def name(n: int) -> str:
    return "赵钱孙李周吴郑王冯陈褚卫"[n % 12] + "丽伟芳强静敏磊军洋勇艳杰"[(n * 5) % 12]


def policy(n: int) -> str:
    return f"AXIAB{40123400 + n}26B{n:06d}"


def day(n: int) -> int:
    return n % 27 + 1


@dataclass(frozen=True)
class Layout:
    """`columns`: header → value of row n; `mapping`: canonical column → header, as a careful person would write it."""

    file: str
    entity: str
    columns: dict[str, Callable[[int], object]]
    mapping: dict[str, str]
    pack: Callable[[list[list[object]]], bytes]
    above: tuple[tuple[str, ...], ...] = ()
    below: tuple[str, ...] = ()
    complete: dict[str, str] = field(default_factory=dict)
    """What a person still has to write: constants the file cannot tell."""
    says: tuple[str, ...] = ()
    """What must stand in the draft."""

    def content(self) -> bytes:
        rows: list[list[object]] = [list(line) for line in self.above]
        rows.append(list(self.columns))
        rows += [[make(n) for make in self.columns.values()] for n in range(ROWS)]
        rows += [list(self.below)] if self.below else []
        return self.pack(rows)


def text(delimiter: str, encoding: str) -> Callable[[list[list[object]]], bytes]:
    return lambda rows: "".join(delimiter.join(map(str, row)) + "\r\n" for row in rows).encode(encoding)


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def page(rows: list[list[object]]) -> bytes:
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table>{lines}</table></body></html>".encode("gb18030")


def document(rows: list[list[object]]) -> bytes:
    header, *lines = rows
    records = [dict(zip(map(str, header), line, strict=True)) for line in lines]
    return json.dumps({"code": 0, "result": {"rows": records}}, ensure_ascii=False).encode()


LAYOUTS = (
    Layout(
        "太平洋车险承保清单_20261123.csv", "policy",
        {
            "序号": lambda n: n + 1, "保险单号码": policy, "批改申请号": lambda n: "", "产品名称": lambda n: ("机动车商业保险", "机动车交通事故责任强制保险")[n % 2],
            "新续转": lambda n: ("续保", "转保")[n % 2], "归属机构": lambda n: f"XA00{n % 2 + 1}", "车架号码": vin, "牌照号码": plate,
            "投保人姓名": name, "投保人手机": phone, "核保日期": lambda n: f"2026/11/{day(n)}", "起保时间": lambda n: f"2026-12-{day(n):02d} 00:00:00",
            "终保时间": lambda n: f"2027-12-{day(n):02d} 00:00:00", "总保费": lambda n: f'"{2000 + n * 17:,}.50"', "代缴车船税": lambda n: "420.00",
        },
        {
            "policy_number": "保险单号码", "endorsement_number": "批改申请号", "policy_kind": "产品名称", "business_type": "新续转",
            "issuing_store_code": "归属机构", "vin": "车架号码", "plate_number": "牌照号码", "insured_name": "投保人姓名",
            "insured_phone": "投保人手机", "signed_on": "核保日期", "cover_starts_on": "起保时间", "cover_ends_on": "终保时间",
            "premium_amount": "总保费", "vehicle_tax_amount": "代缴车船税",
        },
        text(",", "gb18030"), above=(("承保清单",), ("统计区间:2026-11-23",)), below=("合计", "", "", "", "", "", "", "", "", "", "", "", "", "99999.00", ""),
        says=("insurer_code: CPIC", "exclusive: true", "starts_with: 合计", "encodings: [gb18030]", "太平洋车险承保清单_{business_date:%Y%m%d}.csv"),
    ),
    Layout(
        "国寿财险业务清单2026-11-23.xlsx", "policy",
        {
            "*保险单号": policy, "险类名称": lambda n: ("商业", "交强")[n % 2], "车架号/VIN": vin, "车牌号码": plate, "被保险人名称": name,
            "*签单日期": lambda n: f"2026-11-{day(n):02d}", "保险起始日期": lambda n: f"2026-12-{day(n):02d}", "保险终止日期": lambda n: f"2027-11-{day(n):02d}",
            "含税保费(元)": lambda n: 3000 + n * 11, "车船税(元)": lambda n: 420, "手续费比例(%)": lambda n: 15,
        },
        {
            "policy_number": "*保险单号", "policy_kind": "险类名称", "vin": "车架号/VIN", "plate_number": "车牌号码", "insured_name": "被保险人名称",
            "signed_on": "*签单日期", "cover_starts_on": "保险起始日期", "cover_ends_on": "保险终止日期", "premium_amount": "含税保费(元)",
            "vehicle_tax_amount": "车船税(元)", "commission_rate": "手续费比例(%)",
        },
        workbook, above=(("中国人寿财产保险股份有限公司业务清单",),),
        says=("insurer_code: GPIC", "percent: true", "format: xlsx", "{business_date:%Y-%m-%d}.xlsx"),
    ),
    Layout(
        "policy_export_20261123.csv", "policy",
        {
            "Policy Number": policy, "Product Type": lambda n: ("Commercial", "Compulsory")[n % 2], "Chassis No": vin, "License Plate": plate,
            "Policyholder": name, "Contact No": phone, "Date Issued": lambda n: f"{day(n):02d}/11/2026", "Effective Date": lambda n: f"{day(n):02d}/12/2026",
            "Expiry Date": lambda n: f"{day(n):02d}/11/2027", "Gross Premium": lambda n: f"{2000 + n * 17}.50", "Agent Remark": lambda n: "",
        },
        {
            "policy_number": "Policy Number", "policy_kind": "Product Type", "vin": "Chassis No", "plate_number": "License Plate",
            "insured_name": "Policyholder", "insured_phone": "Contact No", "signed_on": "Date Issued", "cover_starts_on": "Effective Date",
            "cover_ends_on": "Expiry Date", "premium_amount": "Gross Premium",
        },
        text(";", "utf-8"), complete={"insurer_code": "CPIC"}, says=("TODO 必填 insurer_code", "date: '%d/%m/%Y'", "delimiter: ;", "Agent Remark"),
    ),
    Layout(
        "业务明细20261123.txt", "policy",
        {
            "商业保单号码": policy, "险种大类": lambda n: ("商业险", "交强险")[n % 2], "车辆车架号": vin, "车辆号牌号码": plate, "被保险人全称": name,
            "被保险人手机号": phone, "保单签单日期": lambda n: f"202611{day(n):02d}", "保险起保日期": lambda n: f"202612{day(n):02d}", "保险终保日期": lambda n: f"202711{day(n):02d}",
            "签单保费金额": lambda n: 2000 + n * 17,
        },
        {
            "policy_number": "商业保单号码", "policy_kind": "险种大类", "vin": "车辆车架号", "plate_number": "车辆号牌号码", "insured_name": "被保险人全称",
            "insured_phone": "被保险人手机号", "signed_on": "保单签单日期", "cover_starts_on": "保险起保日期", "cover_ends_on": "保险终保日期",
            "premium_amount": "签单保费金额",
        },
        text("\t", "utf-16"), complete={"insurer_code": "CPIC"}, says=("encodings: [utf-16]", "# ? 0."),
    ),
    Layout(
        "claims_api_20261123.json", "policy",
        {
            "policyNo": policy, "riskType": lambda n: ("BI", "CI")[n % 2], "frameNo": vin, "issueDate": lambda n: f"2026-11-{day(n):02d}",
            "startDate": lambda n: f"2026-12-{day(n):02d}", "premium_fen": lambda n: 200000 + n * 1731,
        },
        {
            "policy_number": "policyNo", "policy_kind": "riskType", "vin": "frameNo", "signed_on": "issueDate", "cover_starts_on": "startDate",
            "cover_ends_on": "startDate", "premium_amount": "premium_fen",
        },
        document, complete={"insurer_code": "CPIC"}, says=("records: result.rows", "plus_one_year: true", "money: fen"),
    ),
    Layout(
        "维修结算单查询_20261123.xls", "repair_order",
        {
            "委托书号": lambda n: f"RO2611{n:05d}", "门店编码": lambda n: f"00{n % 3 + 1}", "车架号": vin, "维修类型": lambda n: ("保养", "事故车", "三包")[n % 3],
            "接待员": lambda n: f"E10{n:02d}", "进厂时间": lambda n: f"2026-11-{day(n):02d} 09:{n:02d}", "出厂时间": lambda n: f"2026-11-{day(n):02d} 17:{n:02d}",
            "产值": lambda n: f"{300 + n * 31}.00",
        },
        {
            "order_number": "委托书号", "store_id": "门店编码", "vin": "车架号", "order_kind": "维修类型", "staff_id": "接待员", "opened_at": "进厂时间",
            "closed_at": "出厂时间", "amount": "产值",
        },
        page, says=("entity: repair_order", "三包: warranty"),
    ),
    Layout(
        "报价汇总表_20261123.xlsx", "quote",
        {
            "报价编号": lambda n: f"Q{n:06d}", "公司": lambda n: "人保", "VIN码": vin, "报价日期": lambda n: f"2026-11-{day(n):02d} 10:{n:02d}:00",
            "保费": lambda n: 2000 + n * 17, "保费 (6)": lambda n: 950,
        },
        {
            "insurer_code": "公司", "quote_number": "报价编号", "vin": "VIN码", "quoted_at": "报价日期", "commercial_amount": "商业险/保费", "compulsory_amount": "交强险/保费",
        },
        lambda rows: workbook([rows[0], ["报价编号", "公司", "VIN码", "报价日期", "保费", "保费"], *rows[2:]]), above=(("", "", "", "", "商业险", "交强险"),),
        says=("entity: quote", "header in record 1-2", "codes: {人保: PICC}}  # ? 0.6"),
    ),
    Layout(
        "客户档案_20261123.csv", "customer",
        {
            "客户号": lambda n: f"C{n:06d}", "所属门店": lambda n: f"00{n % 3 + 1}", "客户性质": lambda n: ("个人", "单位", "个人")[n % 3], "车主姓名": name,
            "手机": phone, "身份证号码": lambda n: f"6101031980{n % 12 + 1:02d}01{1235 + n * 7:04d}", "客户来源": lambda n: ("新车销售", "售后")[n % 2],
            "建档时间": lambda n: f"2025-03-{day(n):02d}",
        },
        {
            "customer_id": "客户号", "store_id": "所属门店", "customer_type": "客户性质", "customer_name": "车主姓名", "phone": "手机",
            "id_number": "身份证号码", "data_origin": "客户来源", "created_on": "建档时间",
        },
        text("|", "utf-8-sig"), says=("entity: customer", "delimiter: '|'"),
    ),
)  # fmt: skip
