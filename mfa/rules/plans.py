"""Numbering plans that changed: how a number of the old plan, or one as it is dialled, is meant.

Only what libphonenumber does not repair by itself. Each row has its source; whatever comes out is
judged by libphonenumber, and a person confirms it before anything is sent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`old` matches a whole national number, zeros included; `new` is its replacement.

    `known`: libphonenumber knows the old form, as a landline or as a number that reaches nobody.
    """

    code: int
    old: str
    new: str
    source: str
    known: bool = False


ITU_MEXICO = "Mexico, 3 August 2019: ITU Operational Bulletin 1151, communication of 12.VI.2018"
ARGENTINA = "Argentina, mobiles are +54 9 from abroad: libphonenumber, notes on the metadata of AR"
ANATEL = "Brazil, 2012 to 2016: ANATEL, Resolution 553/2010; ITU communication of 6.II.2013"
ARTCI = "Ivory Coast, 31 January 2021: ARTCI, artci.ci/en/faq"
ARCEP_BENIN = "Benin, 30 November 2024: ARCEP; fr.allafrica.com/stories/202411300249.html"
MIC = "Vietnam, 15 September 2018: MIC; sggpnews.org.vn, science_technology, 76279"
ARCEP_GABON = "Gabon, 15 November 2019: ARCEP; rfi.fr/afrique/20191115-changement-numerotation"
SUBTEL = "Chile, 6 February 2016: SUBTEL; gerencia.cl/?p=71552"
ICE = "Costa Rica, 20 March 2008: ICE; insidecostarica.com/dailynews/2008/march/20/nac01.htm"
SUPERTEL = "Ecuador, 30 September 2012: SUPERTEL; vayaadventures.com, phone number changes"
NTRA = "Egypt, 6 October 2011: NTRA, tra.gov.eg, news 186"
ART = "Cameroon, 21 November 2014: ART; biztechafrica.com, article 8990"
ICTA = "Mauritius, 1 September 2013: ICTA; commsupdate.com/articles/2013/09/02"
NTC = "Thailand, 1 September 2006: NTC; songphon.wordpress.com/2006/06/01"
GUIDE = "Equatorial Guinea, 9 April 2010: wtng.info/wtng-240-gq.html"

CHANGES = (
    # Written as for calls from abroad until 2019, or as dialled from a landline
    Change(52, r"(?:1|04[45]|01)(\d{10})", r"\1", ITU_MEXICO),
    # Nobody in Argentina dials the 9.
    Change(54, r"([1-368]\d{9})", r"9\1", ARGENTINA, known=True),
    Change(55, r"(\d\d)([6-9]\d{7})", r"\g<1>9\2", ANATEL),
    # The second digit named the network: Moov, MTN, Orange.
    Change(225, r"([04-9][0-3]\d{6})", r"01\1", ARTCI),
    Change(225, r"([04-9][4-6]\d{6})", r"05\1", ARTCI),
    Change(225, r"([04-9][7-9]\d{6})", r"07\1", ARTCI),
    Change(229, r"([2-9]\d{7})", r"01\1", ARCEP_BENIN),
    Change(84, r"120(\d{7})", r"70\1", MIC),
    Change(84, r"121(\d{7})", r"79\1", MIC),
    Change(84, r"122(\d{7})", r"77\1", MIC),
    Change(84, r"12([68]\d{7})", r"7\1", MIC),
    Change(84, r"12([345]\d{7})", r"8\1", MIC),
    Change(84, r"127(\d{7})", r"81\1", MIC),
    Change(84, r"129(\d{7})", r"82\1", MIC),
    Change(84, r"16([2-9]\d{7})", r"3\1", MIC),
    Change(84, r"18([68]\d{7})", r"5\1", MIC),
    Change(84, r"199(\d{7})", r"59\1", MIC),
    Change(241, r"0([256]\d{6})", r"6\1", ARCEP_GABON, known=True),
    Change(241, r"0([47]\d{6})", r"7\1", ARCEP_GABON, known=True),
    Change(56, r"(?:0[89])?([4-9]\d{7})", r"9\1", SUBTEL),
    Change(506, r"([389]\d{6})", r"8\1", ICE),
    Change(593, r"([5-9]\d{7})", r"9\1", SUPERTEL),
    Change(20, r"1([069]\d{7})", r"10\1", NTRA),
    Change(20, r"1([278]\d{7})", r"12\1", NTRA),
    Change(20, r"1([14]\d{7})", r"11\1", NTRA),
    Change(237, r"([5-9]\d{7})", r"6\1", ART),
    Change(230, r"([79]\d{6})", r"5\1", ICTA),
    Change(66, r"([1-9]\d{7})", r"8\1", NTC),
    Change(240, r"([25]\d{5})", r"222\1", GUIDE),
)


def renewed(code: int | None, national: str, *, known: bool) -> Iterator[str]:
    """List the numbers of today's plan, in E.164, that a national number of an old one may mean.

    `known`: libphonenumber knows the number, so that only few rows are in question.
    """
    for change in CHANGES:
        found = re.fullmatch(change.old, national)
        if found and change.code == code and change.known >= known:
            yield f"+{code}{found.expand(change.new)}"
